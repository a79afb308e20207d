/** The parts that the hash of a package is made of, each by itself. */
// Only in test:all: it hashes packages at their limits.
import { describe, expect, it } from "vitest";
import { foldedName, nameFault } from "../../src/operate/packages/file-names.ts";
import { type HashRecord, hashRecords } from "../../src/operate/packages/hash-records.ts";
import { bundledIn } from "../../src/operate/packages/package-json.ts";
import { severalAtATime } from "../../src/operate/packages/several-at-a-time.ts";
import { verifies } from "../support/verifies.ts";

describe("work on several things", () => {
  const items = [0, 1, 2, 3, 4, 5, 6, 7];
  const turns = async (count: number) => {
    for (let turn = 0; turn < count; turn++) await Promise.resolve();
  };

  it("gives results in the order of the things, and never does more than so many at a time", async () => {
    let running = 0;
    let most = 0;
    const results = await severalAtATime(items, 3, () => async (item) => {
      running += 1;
      most = Math.max(most, running);
      await turns(20 - item);
      running -= 1;
      return item * 2;
    });
    expect(results).toEqual(items.map((item) => item * 2));
    expect(most).toBe(3);
  });

  it("begins one line for each thing at most", async () => {
    let begun = 0;
    const begin = () => {
      begun += 1;
      return async (item: number) => item;
    };
    expect(await severalAtATime([1], 3, begin)).toEqual([1]);
    expect(await severalAtATime([], 3, begin)).toEqual([]);
    expect(begun).toBe(1);
  });

  it("throws the failure of the first thing, whichever failed first, and begins no more", async () => {
    const begun: number[] = [];
    const work = severalAtATime(items, 3, () => async (item) => {
      begun.push(item);
      await turns(20 - item);
      if (item === 1 || item === 2) throw new Error(`of ${item}`);
    });
    await expect(work).rejects.toThrow("of 1");
    expect(begun).toEqual([0, 1, 2]);
  });

  it("does what is to be done in order in the order of the things, whichever is ready first", async () => {
    const done: number[] = [];
    await severalAtATime(items, 3, () => async (item, inOrder) => {
      await turns(50 - 5 * item);
      // The third thing has nothing to do in order, and holds up none.
      if (item !== 2) await inOrder(() => done.push(item));
    });
    expect(done).toEqual([0, 1, 3, 4, 5, 6, 7]);
  });

  it("does not wait for what an earlier thing does after its turn", async () => {
    const log: string[] = [];
    await severalAtATime([0, 1], 2, () => async (item, inOrder) => {
      await inOrder(() => log.push(`turn of ${item}`));
      await turns(20 - 15 * item);
      log.push(`end of ${item}`);
    });
    expect(log).toEqual(["turn of 0", "turn of 1", "end of 1", "end of 0"]);
  });

  it("goes on where a thing fails before its turn, and where its turn fails", async () => {
    const done: number[] = [];
    const work = severalAtATime(items, 3, () => async (item, inOrder) => {
      if (item === 1) throw new Error("of 1");
      await turns(20);
      await inOrder(() => {
        done.push(item);
        if (item === 0) throw new Error("of the turn of 0");
      });
    });
    await expect(work).rejects.toThrow("of the turn of 0");
    expect(done).toEqual([0, 2]);
  });
});

describe("names that are one", () => {
  it("are so in any case, and as lower or upper case", () => {
    verifies("package:twins");
    const odd: string[] = [];
    for (let point = 0; point <= 0x10ffff; point++) {
      if (point >= 0xd800 && point <= 0xdfff) continue;
      const character = String.fromCodePoint(point);
      const folded = foldedName(character);
      const same = [
        ...[character.toLowerCase(), character.toUpperCase()],
        ...[character.normalize("NFC"), character.normalize("NFD"), folded],
      ];
      if (same.some((each) => foldedName(each) !== folded)) odd.push(character);
    }
    expect(odd).toEqual([]);
  });

  it("are no others", () => {
    const names = ["a", "b", "ä", "ab", "a.", "1", "\u200d", ""];
    expect(new Set(names.map(foldedName)).size).toBe(names.length);
  });
});

describe("names that every system holds", () => {
  it("have none of the devices, with any extension", () => {
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

  it("have one hash in any order", () => {
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
