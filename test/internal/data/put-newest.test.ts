/** Maps that keep their newest entries. */

import fc from "fast-check";
import { expect, it } from "vitest";
import { putNewest } from "../../../src/core/data/index.ts";

it("drops nothing until the map is full", () => {
  const map = new Map([["a", 1]]);
  expect(putNewest(map, "b", 2, 2)).toBeUndefined();
  expect([...map]).toEqual([
    ["a", 1],
    ["b", 2],
  ]);
});

it("drops the oldest entry, and returns it", () => {
  const map = new Map([["a", 1]]);
  expect(putNewest(map, "b", 2, 1)).toEqual(["a", 1]);
  expect([...map]).toEqual([["b", 2]]);
});

it("makes an entry that is there the newest one", () => {
  const map = new Map([
    ["a", 1],
    ["b", 2],
  ]);
  expect(putNewest(map, "a", 3, 2)).toBeUndefined();
  expect([...map]).toEqual([
    ["b", 2],
    ["a", 3],
  ]);
});

it("keeps the entries that were put last, in that order", () => {
  const puts = fc.array(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.integer()));
  fc.assert(
    fc.property(puts, fc.integer({ min: 1, max: 5 }), (entries, most) => {
      const map = new Map<number, number>();
      for (const [key, value] of entries) putNewest(map, key, value, most);
      const last = new Map(
        entries.reduce((all, [key, value]) => {
          all.delete(key);
          return all.set(key, value);
        }, new Map<number, number>()),
      );
      expect([...map]).toEqual([...last].slice(-most));
    }),
  );
});
