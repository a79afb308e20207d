/** The parts that the hash of a package is made of, each by itself. */
// Only in test:all: it hashes packages at their limits.
import { describe, expect, it } from "vitest";
import { foldedName, nameFault } from "../../../src/operate/packages/file-names.ts";
import { type HashRecord, hashRecords } from "../../../src/operate/packages/hash-package.ts";
import { bundledIn } from "../../../src/operate/packages/package-json.ts";
import { verifies } from "../../support/verifies.ts";

describe("names that some systems treat as one", () => {
  it("are equal in any case", () => {
    verifies("package:twins");
    const odd: string[] = [];
    for (let point = 0; point <= 0x10ffff; point++) {
      if (point >= 0xd800 && point <= 0xdfff) continue;
      const character = String.fromCodePoint(point);
      const folded = foldedName(character);
      const same = [
        character.toLowerCase(),
        character.toUpperCase(),
        character.normalize("NFC"),
        character.normalize("NFD"),
        folded,
      ];
      if (same.some((each) => foldedName(each) !== folded)) odd.push(character);
    }
    expect(odd).toEqual([]);
  });

  it("do not include others", () => {
    const names = ["a", "b", "ä", "ab", "a.", "1", "\u200d", ""];
    expect(new Set(names.map(foldedName)).size).toBe(names.length);
  });
});

describe("names that are valid on every system", () => {
  it("exclude device names, with any extension", () => {
    verifies("package:names");
    for (const name of ["CON", "con.js", "CON .js", "Lpt0.x.y", "com\u00b3"])
      expect(nameFault(name)).toBe("has the name of a device of Windows");
    for (const name of ["CONSOLE", "COM", "COM11", "com-1", ".con", "a.con"])
      expect(nameFault(name)).toBeUndefined();
  });
});

describe("bundled packages of a package.json", () => {
  const dependencies = { a: "1", b: "1" };
  it.each([
    [{ bundleDependencies: ["a"] }, ["a"]],
    [{ bundledDependencies: ["a"] }, ["a"]],
    [{ bundleDependencies: ["a"], bundledDependencies: ["b"] }, ["a"]],
    [{ bundleDependencies: false, bundledDependencies: ["b"] }, []],
    [{ bundleDependencies: { a: "*" } }, ["a"]],
    [{ bundleDependencies: true, dependencies, optionalDependencies: { c: "1" } }, ["a", "b", "c"]],
    [{ bundleDependencies: true }, []],
    [{ dependencies }, []],
    [{ bundleDependencies: "a" }, []],
    [{ bundleDependencies: ["a", 1, null, ["b"]] }, ["a"]],
    [null, []],
    [["a"], []],
  ])("of %j are %j", (manifest, expected) => {
    verifies("package:bundled");
    expect(bundledIn(manifest)).toEqual(expected);
  });
});

describe("records", () => {
  const file = (path: string, size: number, sha256: string): HashRecord => ({
    kind: "file",
    path,
    size,
    sha256,
  });

  it("have the same hash in any order", () => {
    verifies("package:order");
    const records = ["a.js", "a/b", "\u{1f600}", "\uff5e"].map((path) => file(path, 1, "00"));
    expect(hashRecords(records.toReversed())).toBe(hashRecords(records));
  });

  it("do not run into each other", () => {
    verifies("package:framing");
    const sets: readonly (readonly HashRecord[])[] = [
      [],
      [file("a", 1, "00")],
      [file("a", 10, "0")],
      [file("a", 1, "00"), file("b", 1, "00")],
      [file("a1", 1, "00")],
      [{ kind: "link", path: "a", target: "1" }],
      [{ kind: "link", path: "a", target: "1file" }],
      [{ kind: "link", path: "a", target: "b" }, file("b", 1, "00")],
    ];
    expect(new Set(sets.map(hashRecords)).size).toBe(sets.length);
  });
});
