/** Sets are sorted, so two of them are compared in one pass. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { asSet, hasAll, unionOf, without } from "../../../src/core/data/index.ts";
import { byCodePoint } from "../../../src/core/data/strings.ts";
import { assertGrown } from "../../../src/core/envelope/create.ts";
import { joinSets } from "../../../src/core/envelope/index.ts";
import { compileSlots, defineSlots } from "../../../src/core/slots/index.ts";
import { grown, marked } from "../../extensions/grown-slots.ts";

const slots = compileSlots(defineSlots({ grown, marked }));

const numbered = (count: number) =>
  Array.from({ length: count }, (_, i) => `tag-${String(i).padStart(6, "0")}`);

/** A list that counts how often an element of it is read. */
function metered(list: readonly string[]) {
  const meter = { reads: 0 };
  const get = (target: readonly string[], key: string | symbol, receiver: unknown) => {
    if (typeof key === "string" && key !== "length") meter.reads += 1;
    return Reflect.get(target, key, receiver) as unknown;
  };
  return { meter, list: new Proxy(list, { get }) };
}

describe("the difference of two sets", () => {
  it.each([
    [["a", "b", "c"], ["b"], ["a", "c"]],
    [["b"], ["a", "b", "c"], []],
    [[], ["a"], []],
    [["a"], [], ["a"]],
    [
      ["b", "d"],
      ["a", "c", "e"],
      ["b", "d"],
    ],
    [["\uff61", "\u{1d4b3}"], ["\u{1d4b3}"], ["\uff61"]],
  ])("of %j without %j is %j", (set, other, rest) => {
    expect(without(set, other)).toEqual(rest);
    expect(Object.isFrozen(without(set, other))).toBe(true);
  });
});

describe("sets of any strings", () => {
  const text = fc.oneof(
    fc.constantFrom("", "a", "b", "ab", "\uff61", "\u{1d4b3}", "\ud835"),
    fc.string({ unit: "binary", maxLength: 3 }),
    fc.nat(400).map((n) => `tag-${n}`),
  );
  const texts = fc.array(text, { maxLength: 40 });
  const plain = (items: readonly string[]) => [...new Set(items)].sort(byCodePoint);
  const sets = texts.map((items) => Object.freeze(plain(items)));

  it("are sorted without duplicates, and are the known set if they are equal to it", () => {
    fc.assert(
      fc.property(texts, sets, fc.nat(40), (more, known, kept) => {
        const items = [...known.slice(0, kept), ...more];
        for (const previous of [undefined, known, "ab", null]) {
          const set = asSet(items, previous);
          expect(set).toEqual(plain(items));
          expect(Object.isFrozen(set)).toBe(true);
        }
        const again = plain(items);
        expect(asSet(items, again)).toBe(again);
      }),
    );
  });

  it("are joined into their union, which is the first set itself if the other adds nothing", () => {
    fc.assert(
      fc.property(sets, sets, (one, other) => {
        const union = unionOf(one, other);
        expect(union).toEqual(plain([...one, ...other]));
        expect(Object.isFrozen(union)).toBe(true);
        expect(unionOf(union, one)).toBe(union);
        expect(unionOf(one, [])).toBe(one);
      }),
    );
  });

  it("contain another if nothing of it is missing", () => {
    fc.assert(
      fc.property(sets, sets, (one, other) => {
        expect(hasAll(one, other)).toBe(other.every((item) => one.includes(item)));
        expect(hasAll(unionOf(one, other), other)).toBe(true);
      }),
    );
  });

  it("insert one string by binary search", () => {
    const many = numbered(256);
    const before = metered(many);
    unionOf(before.list, ["tag-000100x"]);
    // Copying reads each element once.
    expect(before.meter.reads).toBeLessThan(many.length + 40);
  });
});

describe("work that is linear in the number of elements", () => {
  const many = numbered(2000);
  const more = [...many, "zz"];

  it.each([
    ["to look for what is missing", (a: object, b: object) => without(a as never, b as never)],
    [
      "to hold the host to what is there",
      (a: object, b: object) =>
        assertGrown(slots, { marked: { seen: a } }, { marked: { seen: b } }),
    ],
    [
      "to join a nested run",
      (a: object, b: object) =>
        joinSets(
          slots,
          { marked: { seen: many } },
          { marked: { seen: b } },
          { marked: { seen: a } },
          0,
        ),
    ],
  ])("%s", (_, run) => {
    const before = metered(many);
    const after = metered(more);
    run(before.list, after.list);
    expect(after.meter.reads).toBeGreaterThanOrEqual(many.length);
    expect(before.meter.reads + after.meter.reads).toBeLessThan(5 * (many.length + more.length));
  });
});
