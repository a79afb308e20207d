/** What no two packages may share: names that a system takes for one, and records of a hash. */
// Only in test:all: it tries every character.
import { describe, expect, it } from "vitest";
import { foldedName } from "../../../src/operate/packages/file-names.ts";
import { type HashRecord, hashRecords } from "../../../src/operate/packages/hash-package.ts";
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

describe("records", () => {
  const file = (path: string, size: number, sha256: string): HashRecord => ({
    kind: "file",
    path,
    size,
    sha256,
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
