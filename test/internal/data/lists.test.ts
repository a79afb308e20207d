// Its process is only for files that patch the realm.
/** Lists are built from own elements only: no setter, getter or iterator is called. */
import { describe, expect, it, vi } from "vitest";
import {
  append,
  concat,
  includes,
  lengthOf,
  mapped,
  newArray,
  newList,
  toArray,
} from "../../../src/core/data/intrinsics.ts";
import { changesAfter, later, patch } from "../../data/realm-patches.ts";
import { changingLength } from "../../support/changing-length.ts";

/** Lengths around those up to which a list is copied in one step. */
const lengths = [0, 1, 2, 255, 256, 257, 1_023, 1_024, 1_025];

const numbered = (length: number) => Array.from({ length }, (_, i) => `item ${i}`);

function listOf(items: readonly string[]) {
  const list = newList<string>();
  for (let i = 0; i < items.length; i++) append(list, items[i] as string);
  return list;
}

const ways: readonly (readonly [string, (items: readonly string[]) => unknown])[] = [
  ["concat", (items) => concat(items)],
  ["concat of two", (items) => concat(items, ["-", "last"], 1)],
  ["mapped", (items) => mapped(items, (item) => item)],
  ["newArray", (items) => newArray(items.length)],
  ["toArray", (items) => toArray(listOf(items))],
];

/** Runs in a realm where every way to write or iterate an array is patched; counts the calls. */
function inPatchedRealm<T>(run: () => T): { readonly made: T; readonly met: number } {
  let count = 0;
  const meet = () => {
    count += 1;
  };
  let made: T | undefined;
  let met = 0;
  changesAfter(() => {
    const { length } = Array.prototype;
    later(() => {
      Array.prototype.length = length;
    });
    for (let i = 0; i < 3; i++) patch(Array.prototype, i, { get: meet, set: meet });
    patch(Object.prototype, "256", { get: meet, set: meet });
    patch(Array.prototype, Symbol.iterator, { value: meet });
    patch(Array, Symbol.species, { get: meet });
    patch(Function.prototype, "apply", { value: meet });
    made = run();
    // Whatever runs after this may call the patches.
    met = count;
  });
  return { made: made as T, met };
}

describe.each(ways)("%s", (_name, way) => {
  it.each(lengths)("of %i returns a plain array", (length) => {
    const items = numbered(length);
    const made = way(items) as readonly unknown[];
    expect(Array.isArray(made)).toBe(true);
    expect(Object.keys(made)).toHaveLength(made.length);
    expect(made).not.toBe(items);
  });

  it.each(lengths)(
    "of %i returns the same in a patched realm, without reading patches",
    (length) => {
      const items = numbered(length);
      const expected = way(items);
      const { made, met } = inPatchedRealm(() => way(items));
      expect(met).toBe(0);
      expect(made).toEqual(expected);
    },
  );
});

describe("a new array", () => {
  it("is a new one each time, even if the last was changed", () => {
    const first = newArray<number>(3);
    first[0] = 1;
    expect(newArray(3)).toEqual([null, null, null]);
    expect(newArray(3)).not.toBe(newArray(3));
  });

  it.each([2, 256, 257])("of %i reads no patches even if it is the first", async (length) => {
    vi.resetModules();
    const anew = await import("../../../src/core/data/intrinsics.ts");
    const { made, met } = inPatchedRealm(() => anew.newArray(length));
    expect(met).toBe(0);
    expect(made).toHaveLength(length);
  });

  it.each([...lengths, 3_000])("has the elements of a list of %i, in order", (length) => {
    const items = numbered(length);
    expect(concat(items)).toEqual(items);
  });

  it("may be larger than the stack", () => {
    const items = new Array<number>(600_000).fill(1);
    const copy = concat(items);
    expect([copy.length, copy.at(-1)]).toEqual([items.length, 1]);
  });

  it("has what was concatenated, in order", () => {
    expect(concat(["a"], ["b", "c"])).toEqual(["a", "b", "c"]);
    expect(concat(["a"], ["b", "c"], 1)).toEqual(["a", "c"]);
    expect(concat(["a"], ["b"], 1)).toEqual(["a"]);
    expect(mapped([1, 2], (item) => item * 2)).toEqual([2, 4]);
    expect(toArray(listOf(["a", "b"]))).toEqual(["a", "b"]);
  });

  it("lets no setter see what is past its end, if it begins in another list", () => {
    const { made, met } = inPatchedRealm(() => concat(["a", "b"], ["c"], 2));
    expect(made).toEqual(["a", "b"]);
    expect(met).toBe(0);
  });
});

it("nothing is found past the end of a list", () => {
  expect(includes(["a"], undefined)).toBe(false);
  expect(includes(["a", undefined], undefined)).toBe(true);
});

describe("how many a list counts", () => {
  it.each([0, 1, 256, Number.MAX_SAFE_INTEGER])("is its length: %d", (length) => {
    expect(lengthOf({ length })).toBe(length);
  });

  it.each([-1, -0.5, 1.5, 2 ** 53, Number.NaN])("is invalid for the length %d", (length) => {
    expect(lengthOf({ length })).toBe(0);
  });
});

describe("a list whose length is not a number", () => {
  const odd: readonly unknown[] = [
    -1,
    1.5,
    Number.NaN,
    "3",
    null,
    undefined,
    changingLength("3", 0, 5),
    changingLength("300", 3, 400),
  ];

  it.each(odd.map((length) => [length]))("is empty, and changes no list after it", (length) => {
    for (const way of [concat, (list: readonly string[]) => mapped(list, (item) => item)]) {
      expect(way({ length } as never)).toEqual([]);
    }
    expect(concat(["a"], { length } as never)).toEqual(["a"]);
    for (const count of lengths) expect(newArray(count)).toHaveLength(count);
    expect(newArray(3)).toEqual([null, null, null]);
  });
});
