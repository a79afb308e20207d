/** Each way in which a value cannot be read safely has its code, and its place is reported. */
import { createExtensions, mergeExtensions } from "glassine";
import { describe, expect, it } from "vitest";
import { hostileValues, Watch } from "../../property-tests/support/hostile.ts";
import { codeOf } from "./support.ts";

const empty = createExtensions({});
const all = ["append_labels", "append_delegation", "write_headers"] as const;
const merge = (returned: unknown) => mergeExtensions(empty, returned, all);

const expected: Readonly<Record<string, readonly string[]>> = {
  snapshot_accessor: [
    "getter",
    "getter without a prototype",
    "setter",
    "getter at an index",
    "then as a getter",
  ],
  snapshot_proxy: [
    "proxy",
    "proxy of an array",
    "proxy of frozen data",
    "revoked proxy",
    "revoked proxy of an array",
    "global of a context that throws",
  ],
  snapshot_prototype: [
    "proxy as prototype",
    "inherited slot",
    "class instance",
    "frozen shell",
    "lying set",
    "lying array",
    "set",
    "map",
    "date",
    "pattern",
    "error",
    "promise",
    "weak map",
    "generator",
    "bytes",
    "buffer",
    "array buffer",
    "data view",
    "boxed text",
    "boxed number",
    "boxed symbol",
    "global object",
    "environment",
    "promise with its own then",
    "thenable of a class",
    "iterator",
    "weak reference",
    "array with another prototype",
    "array with a prototype in between",
    "object of another realm",
    "array of another realm",
    "date of another realm",
  ],
  snapshot_key: [
    "hidden property",
    "symbol key",
    "toPrimitive",
    "__proto__ as own key",
    "lone surrogate as key",
    "arguments",
    "boxed text without its prototype",
    "global of a context",
    "array with a getter as length key",
    "array with a symbol",
    "array with a name",
    "array with its own iterator",
    "array with its own includes",
  ],
  snapshot_type: [
    "sparse array",
    "undefined in an array",
    "NaN",
    "infinity",
    "minus infinity",
    "bigint",
    "symbol",
    "function",
    "class",
    "thenable",
    "toJSON",
    "valueOf and toString",
    "proxy of a function",
    "function with data",
    "live module",
  ],
  snapshot_string: ["lone surrogate"],
  snapshot_cycle: ["cycle", "cycle of arrays", "cycle further down"],
  snapshot_limit: [
    "key over the limit",
    "endless array",
    "deep",
    "shared and exponential",
    "wide",
    "long text",
  ],
};

describe.each(Object.entries(expected))("%s", (code, names) => {
  it.each(names)("%s", (name) => {
    const hostile = hostileValues.find((each) => each.name === name);
    const watch = new Watch();
    const value = hostile?.make(watch);
    expect(codeOf(() => merge({ custom: { a: [value] } }))).toBe(code);
    expect(codeOf(() => merge({ request: value }))).toBe(code);
    expect(watch.ran).toBe(0);
  });
});

it.each(Object.entries(expected))(
  "%s takes precedence over an earlier shape error",
  (code, [name]) => {
    const hostile = hostileValues.find((each) => each.name === name);
    const value = hostile?.make(new Watch());
    expect(codeOf(() => merge({ agent: 5 }))).toBe("extensions_shape");
    expect(codeOf(() => merge({ agent: 5, custom: { a: [value] } }))).toBe(code);
  },
);

it("covers every hostile value of the laws", () => {
  const named = Object.values(expected).flat();
  const refused = hostileValues
    .filter(({ verdict }) => verdict === "refused")
    .map(({ name }) => name);
  expect(refused.filter((name) => !named.includes(name))).toEqual([]);
});
