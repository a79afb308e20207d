// Its process is only for files that patch the realm.
/** Elements that a plugin patched in past the end of a list of names are never read. */
import { createExtensions, declassify, filterExtensions, mergeExtensions } from "glassine";
import { describe, expect, it } from "vitest";
import { sizeOf } from "../support/sizes.ts";

/**
 * Runs with elements on the prototype of arrays, and counts how often they are read. They are gone
 * when it throws, too: no test runner can report a failure beside them.
 */
function patched<T>(elements: { readonly [index: number]: string }, run: () => T) {
  let looks = 0;
  const entries = Object.entries(elements);
  let result: T | undefined;
  let thrown: unknown;
  try {
    for (const [index, name] of entries) {
      const get = () => {
        looks += 1;
        return name;
      };
      Object.defineProperty(Array.prototype, index, { get, configurable: true });
    }
    result = run();
  } catch (error) {
    thrown = error;
  } finally {
    for (const [index] of entries) Reflect.deleteProperty(Array.prototype, index);
    Array.prototype.length = 0;
  }
  return { result, thrown, looks };
}

describe("in a realm with elements past the end of arrays", () => {
  it.each([
    [{}, { "x-a": "1", "X-A": "2" }],
    [{ b: "1" }, { b: "1", "x-a": "1", "X-A": "2" }],
  ])("a header beside the same name in another case is refused if %j was shown", (was, headers) => {
    const before = createExtensions({ http: { headers: was } });
    const { thrown, looks } = patched({ [Object.keys(was).length]: "x-a" }, () =>
      mergeExtensions(before, { http: { headers } }, ["write_headers"]),
    );
    expect(thrown).toMatchObject({ code: "header_duplicate" });
    expect(looks).toBe(0);
  });

  it("a set that grew is counted by its new elements", () => {
    const before = createExtensions({ security: { labels: ["a"] } });
    const { nodes, units } = sizeOf(before);
    const merge = (limits: object) =>
      patched({ 1: "bb", 2: "c" }, () =>
        mergeExtensions(before, { security: { labels: ["a", "bb"] } }, ["append_labels"], {
          limits,
        }),
      );
    const { result, looks } = merge({ nodes: nodes + 1, units: units + 2 });
    expect(result?.extensions.security?.labels).toEqual(["a", "bb"]);
    expect(looks).toBe(0);
    for (const less of [{ nodes }, { units: units + 1 }]) {
      expect(merge(less)).toMatchObject({ thrown: { code: "snapshot_limit" }, looks: 0 });
    }
  });

  it("what a set gains depends on what was shown and what is returned", () => {
    const shown = createExtensions({ security: { labels: ["a"] } });
    const view = filterExtensions(shown, ["append_labels"]);
    const current = createExtensions({ security: { labels: ["a", "c"] } });
    const { result, looks } = patched({ 1: "b", 2: "d" }, () =>
      mergeExtensions(current, { security: { labels: ["a", "b"] } }, ["append_labels"], { view }),
    );
    expect(result?.extensions.security?.labels).toEqual(["a", "b", "c"]);
    expect(looks).toBe(0);
  });

  it("what a label's removal leaves depends on the two sets alone", () => {
    const before = createExtensions({ security: { labels: ["a", "b"] } });
    const given = { labels: ["a"], reason: "of a test", authority: "test" };
    const { result, looks } = patched({ 1: "b" }, () => declassify(before, given));
    expect(result?.extensions.security?.labels).toEqual(["b"]);
    expect(looks).toBe(0);
  });

  it("a map without its last key is merged as proposed", () => {
    const before = createExtensions({ custom: { a: 1, b: 2 } });
    const { result, looks } = patched({ 1: "b", 2: "c" }, () =>
      mergeExtensions(before, { custom: { a: 1 } }, []),
    );
    expect(result?.extensions.custom).toEqual({ a: 1 });
    expect(looks).toBe(0);
  });
});
