import { createExtensions, decodeExtensions, mergeExtensions } from "glassine";
import { describe, expect, it } from "vitest";
import { codeOf, refusalOf } from "./support.ts";

/** How much text an envelope holds, keys included. */
const units = 1_048_576;
const empty = createExtensions({});
const merge = (custom: unknown) => mergeExtensions(empty, { custom }, []);
const nested = (levels: number): unknown => (levels === 0 ? 1 : { a: nested(levels - 1) });
const times = <T>(count: number, item: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => item(i));
const hop = { subject_id: "s", subject_type: "user" };

describe("a value at a limit is accepted, one past it refused", () => {
  // The envelope and `custom` itself are the first two levels.
  it("depth", () => {
    merge(nested(31));
    expect(codeOf(() => merge(nested(32)))).toBe("snapshot_limit");
  });

  it("values", () => {
    // The envelope, `custom` and the list count as values too.
    merge({ list: times(19_997, () => 0) });
    expect(codeOf(() => merge({ list: times(19_998, () => 0) }))).toBe("snapshot_limit");
  });

  it("text, keys included", () => {
    merge({ k: "x".repeat(units - 1) });
    expect(codeOf(() => merge({ k: "x".repeat(units) }))).toBe("snapshot_limit");
    expect(codeOf(() => merge({ kk: "x".repeat(units - 1) }))).toBe("snapshot_limit");
  });

  it("length of a key", () => {
    merge({ ["k".repeat(256)]: 1 });
    expect(codeOf(() => merge({ ["k".repeat(257)]: 1 }))).toBe("snapshot_limit");
  });

  it("number of labels, and their length in code points", () => {
    const add = (labels: string[]) =>
      mergeExtensions(empty, { security: { labels } }, ["append_labels"]);
    expect(add(times(256, (i) => `l${i}`)).extensions.security?.labels).toHaveLength(256);
    expect(codeOf(() => add(times(257, (i) => `l${i}`)))).toBe("snapshot_limit");
    add(["\u{1d4b3}".repeat(128)]);
    expect(codeOf(() => add(["\u{1d4b3}".repeat(129)]))).toBe("label_invalid");
  });

  it("number of headers, length of names and values", () => {
    const put = (headers: object) =>
      mergeExtensions(empty, { http: { headers } }, ["write_headers"]);
    put(Object.fromEntries(times(128, (i) => [`x-${i}`, "v"])));
    expect(codeOf(() => put(Object.fromEntries(times(129, (i) => [`x-${i}`, "v"]))))).toBe(
      "snapshot_limit",
    );
    put({ ["n".repeat(128)]: "v".repeat(8_192) });
    expect(codeOf(() => put({ ["n".repeat(129)]: "v" }))).toBe("snapshot_limit");
    expect(codeOf(() => put({ n: "v".repeat(8_193) }))).toBe("snapshot_limit");
  });

  it("hops, and the scopes of one", () => {
    const chain = (hops: object[]) =>
      mergeExtensions(empty, { delegation: { chain: hops } }, ["append_delegation"]);
    chain(times(16, () => hop));
    expect(codeOf(() => chain(times(17, () => hop)))).toBe("snapshot_limit");
    chain([{ ...hop, scopes_granted: times(64, (i) => `s${i}`) }]);
    expect(codeOf(() => chain([{ ...hop, scopes_granted: times(65, (i) => `s${i}`) }]))).toBe(
      "snapshot_limit",
    );
  });
});

describe("limits of one call", () => {
  it("can be narrowed and widened by the host", () => {
    const labels = ["a", "b", "c"];
    const error = refusalOf(() =>
      createExtensions({ security: { labels } }, { limits: { labels: 2 } }),
    );
    expect(error.data.problems?.map(({ path, code }) => ({ path, code }))).toEqual([
      { path: ["security", "labels"], code: "snapshot_limit" },
    ]);
    const many = times(300, (i) => `l${i}`);
    expect(
      createExtensions({ security: { labels: many } }, { limits: { labels: 300 } }).security
        ?.labels,
    ).toHaveLength(300);
  });

  it("apply to text as well, to its depth and number of values", () => {
    const deep = `{"custom":${'{"a":'.repeat(40)}1${"}".repeat(40)}}`;
    expect(codeOf(() => decodeExtensions(deep))).toBe("extensions_invalid");
    const wide = JSON.stringify({ custom: { list: times(20_000, () => 0) } });
    expect(codeOf(() => decodeExtensions(wide))).toBe("extensions_invalid");
  });
});
