/** Laws of pairs: what an edit did not touch is paired with itself. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { longestMatch } from "../src/providers/rewrite/longest-match.ts";
import { type Pair, pairItems } from "../src/providers/rewrite/pair.ts";
import { expectSome } from "./support/runs.ts";

/** Few values, so that many items are equal. */
const item: fc.Arbitrary<Item> = fc.record({
  kind: fc.constantFrom("a", "b"),
  value: fc.nat(2),
});
const list = fc.array(item, { maxLength: 8 });
type Item = { readonly kind: string; readonly value: number };

const pairs = (before: readonly Item[], after: readonly Item[]) =>
  pairItems(before, after, { kinds: [({ kind }) => kind] });
const text = (value: unknown) => JSON.stringify(value);
const places = (all: readonly Pair<Item>[]) =>
  all.flatMap(({ at }) => (at === undefined ? [] : [at]));

it("no old item is in two pairs, and items that did not move keep their order", () => {
  fc.assert(
    fc.property(list, list, (before, after) => {
      const all = pairs(before, after);
      expect(all).toHaveLength(after.length);
      expect(new Set(places(all)).size).toBe(places(all).length);
      const stayed = places(all.filter(({ isMoved }) => !isMoved));
      expect(stayed).toEqual([...stayed].sort((one, other) => one - other));
      for (const [i, { at, isSame }] of all.entries()) {
        expect(isSame).toBe(at !== undefined && text(before[at]) === text(after[i]));
      }
    }),
  );
});

it("no item is new if an unpaired old item has the same content", () => {
  fc.assert(
    fc.property(list, list, (before, after) => {
      const all = pairs(before, after);
      const kept = new Set(places(all));
      const gone = before.filter((_, at) => !kept.has(at)).map(text);
      const fresh = after.filter((_, i) => all[i]?.at === undefined).map(text);
      expect(fresh.filter((each) => gone.includes(each))).toEqual([]);
    }),
  );
});

it("after one edit, to any value, each item is paired with the one at its index", () => {
  let alike = 0;
  fc.assert(
    fc.property(list, fc.nat(), item, (before, at, value) => {
      if (before.length === 0) return;
      const place = at % before.length;
      const edited = { ...value, kind: (before[place] as Item).kind };
      const after = before.with(place, edited);
      if (before.some((each) => text(each) === text(edited))) alike += 1;
      expect(pairs(before, after).map((pair) => pair.at)).toEqual([...before.keys()]);
    }),
  );
  expectSome(alike);
});

it("after one item is inserted, removed or moved, every other one is paired with an equal item", () => {
  fc.assert(
    fc.property(list, fc.nat(), fc.nat(), item, (before, from, to, value) => {
      const put = before.toSpliced(from % (before.length + 1), 0, value);
      expect(places(pairs(before, put)).length).toBe(before.length);
      if (before.length === 0) return;
      const at = from % before.length;
      const taken = before.toSpliced(at, 1);
      const moved = taken.toSpliced(to % before.length, 0, before[at] as Item);
      for (const after of [put, taken, moved]) {
        const all = pairs(before, after);
        const same = all.filter(({ isSame }) => isSame).length;
        expect(same).toBe(Math.min(before.length, after.length));
      }
    }),
  );
});

/** The length of a longest common subsequence, by the textbook. */
function longest(before: readonly unknown[], after: readonly unknown[]): number {
  let row = new Array<number>(after.length + 1).fill(0);
  for (const old of before) {
    const next = [0];
    for (const [i, now] of after.entries()) {
      const up = row[i + 1] as number;
      next.push(old === now ? (row[i] as number) + 1 : Math.max(up, next[i] as number));
    }
    row = next;
  }
  return row.at(-1) as number;
}

it("the longest possible sequence of strings keeps its order", () => {
  const letters = fc.array(fc.constantFrom("a", "b", "c", "d"), { maxLength: 30 });
  fc.assert(
    fc.property(letters, letters, (before, after) => {
      const found = longestMatch(before, after);
      for (const [i, at] of found.entries())
        if (at !== undefined) expect(before[at]).toBe(after[i]);
      const rising = found.filter((at) => at !== undefined);
      expect(rising).toEqual([...new Set(rising)].sort((one, other) => one - other));
      expect(rising).toHaveLength(longest(before, after));
    }),
  );
});

it("pairs of long lists are found quickly, however often a string repeats", () => {
  const old = Array.from({ length: 40_000 }, (_, at) => ({ kind: "a", value: at % 2 }));
  const now = old.map(({ kind, value }, at) => ({ kind, value: at % 3 === 0 ? value : 1 - value }));
  const all = pairs(old, now);
  expect(new Set(places(all)).size).toBe(old.length);
});
