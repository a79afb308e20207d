// Its process is only for files that patch the realm.
/** Elements that a plugin patched in past the end of a list of names are never read. */
import { afterEach, describe, expect, it } from "vitest";
import { addGrowth, extensionsLimits, type Size, without } from "../../../src/core/data/index.ts";
import { mergeHeaders, mergeMap } from "../../../src/core/envelope/maps.ts";
import type { MergeState } from "../../../src/core/envelope/merge-state.ts";
import { compileSlots, standardSlots } from "../../../src/core/slots/index.ts";

const headers = compileSlots(standardSlots).byKey.http!.byKey.headers!;
const state = (): MergeState => ({
  mask: 0,
  strict: false,
  growOnly: false,
  limits: extensionsLimits,
  rejections: [],
  refusal: undefined,
  changed: [],
  addedByOthers: { nodes: 0, units: 0 },
  growth: { nodes: 0, units: 0 },
});
const mapOf = (entries: object) => Object.freeze(Object.assign(Object.create(null), entries));

describe("in a realm with elements past the end of arrays", () => {
  let looks = 0;
  const patch = (index: number, name: string) =>
    Object.defineProperty(Array.prototype, index, {
      get: () => {
        looks += 1;
        return name;
      },
      configurable: true,
    });
  afterEach(() => {
    looks = 0;
    for (const index of [0, 1, 2]) Reflect.deleteProperty(Array.prototype, index);
    Array.prototype.length = 0;
  });

  it.each([
    [{}, { "x-a": "1", "X-A": "2" }],
    [{ b: "1" }, { b: "1", "x-a": "1", "X-A": "2" }],
  ])("a header beside the same name in another case is refused if %j was shown", (was, comes) => {
    const shown = mapOf(was);
    const under = state();
    patch(Object.keys(was).length, "x-a");
    mergeHeaders(under, headers, { current: shown, shown, proposed: mapOf(comes) });
    const found = looks;
    Reflect.deleteProperty(Array.prototype, Object.keys(was).length);
    expect(under.refusal).toMatchObject({ code: "header_duplicate" });
    expect(found).toBe(0);
  });

  it("a set that grew is counted by its new elements", () => {
    const growth: Size = { nodes: 0, units: 0 };
    const before = Object.freeze(["a"]);
    const after = Object.freeze(["a", "bb"]);
    patch(1, "bb");
    patch(2, "c");
    addGrowth(growth, before, after);
    const found = looks;
    for (const index of [1, 2]) Reflect.deleteProperty(Array.prototype, index);
    expect(growth).toEqual({ nodes: 1, units: 2 });
    expect(found).toBe(0);
  });

  it("a difference of sets depends on the two sets alone", () => {
    patch(1, "b");
    const rest = without(["a", "b"], ["a"]);
    const found = looks;
    Reflect.deleteProperty(Array.prototype, 1);
    expect(rest).toEqual(["b"]);
    expect(found).toBe(0);
  });

  it("a map without its last key is merged as proposed", () => {
    const shown = mapOf({ a: 1, b: 2 });
    const proposed = mapOf({ a: 1 });
    patch(1, "b");
    patch(2, "c");
    const merged = mergeMap(state(), { current: shown, shown, proposed });
    const found = looks;
    for (const index of [1, 2]) Reflect.deleteProperty(Array.prototype, index);
    expect(merged).toBe(proposed);
    expect(found).toBe(0);
  });
});
