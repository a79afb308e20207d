// Its process is only for files that patch the realm.
/** Elements that a plugin patched in past the end of a list of names are never read. */
import { describe, expect, it } from "vitest";
import { addGrowth, extensionsLimits, type Size, without } from "../../../src/core/data/index.ts";
import { mergeHeaders, mergeMap } from "../../../src/core/envelope/maps.ts";
import type { MergeState } from "../../../src/core/envelope/merge-state.ts";
import { compileSlots, standardSlots } from "../../../src/core/slots/index.ts";

const headers = compileSlots(standardSlots).byKey.http!.byKey.headers!;
const state = (): MergeState => ({
  mask: 0,
  strict: false,
  growOnly: false,
  hopView: undefined,
  limits: extensionsLimits,
  rejections: [],
  refusal: undefined,
  changed: [],
  addedByOthers: { nodes: 0, units: 0 },
  growth: { nodes: 0, units: 0 },
});
const mapOf = (entries: object) => Object.freeze(Object.assign(Object.create(null), entries));

/**
 * Runs with elements on the prototype of arrays, and counts how often they are read. They are gone
 * when it throws, too: no test runner can report a failure beside them.
 */
function patched<T>(elements: { readonly [index: number]: string }, run: () => T) {
  let looks = 0;
  const entries = Object.entries(elements);
  try {
    for (const [index, name] of entries) {
      const get = () => {
        looks += 1;
        return name;
      };
      Object.defineProperty(Array.prototype, index, { get, configurable: true });
    }
    const result = run();
    return { result, looks };
  } finally {
    for (const [index] of entries) Reflect.deleteProperty(Array.prototype, index);
    Array.prototype.length = 0;
  }
}

describe("in a realm with elements past the end of arrays", () => {
  it.each([
    [{}, { "x-a": "1", "X-A": "2" }],
    [{ b: "1" }, { b: "1", "x-a": "1", "X-A": "2" }],
  ])("a header beside the same name in another case is refused if %j was shown", (was, comes) => {
    const shown = mapOf(was);
    const under = state();
    const change = { current: shown, shown, proposed: mapOf(comes) };
    const { looks } = patched({ [Object.keys(was).length]: "x-a" }, () =>
      mergeHeaders(under, headers, change),
    );
    expect(under.refusal).toMatchObject({ code: "header_duplicate" });
    expect(looks).toBe(0);
  });

  it("a set that grew is counted by its new elements", () => {
    const growth: Size = { nodes: 0, units: 0 };
    const before = Object.freeze(["a"]);
    const after = Object.freeze(["a", "bb"]);
    const { looks } = patched({ 1: "bb", 2: "c" }, () => addGrowth(growth, before, after));
    expect(growth).toEqual({ nodes: 1, units: 2 });
    expect(looks).toBe(0);
  });

  it("a difference of sets depends on the two sets alone", () => {
    const { result, looks } = patched({ 1: "b" }, () => without(["a", "b"], ["a"]));
    expect(result).toEqual(["b"]);
    expect(looks).toBe(0);
  });

  it("a map without its last key is merged as proposed", () => {
    const shown = mapOf({ a: 1, b: 2 });
    const proposed = mapOf({ a: 1 });
    const change = { current: shown, shown, proposed };
    const { result, looks } = patched({ 1: "b", 2: "c" }, () => mergeMap(state(), change));
    expect(result).toBe(proposed);
    expect(looks).toBe(0);
  });
});
