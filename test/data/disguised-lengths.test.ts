/** Listing keys of cheap objects with many keys: a string or bytes disguised as a record. */

import { createExtensions, mergeExtensions } from "glassine";
import { describe, expect, it } from "vitest";
import { plugin, runOnce } from "../dispatch/support.ts";
import { excessOf } from "../support/growth.ts";
import { defaultLimits } from "../support/limits.ts";
import { codeOf } from "./support.ts";

const max = defaultLimits.nodes;
const dressed = (value: object) => Object.setPrototypeOf(value, Object.prototype) as object;
const empty = createExtensions({});
// The engine cannot list more than some hundred million keys, and takes many seconds for those.
const endless: readonly (readonly [string, () => object])[] = [
  ["a text", () => dressed(Object("x".repeat(2 ** 28)))],
  ["bytes", () => dressed(new Uint8Array(2 ** 28))],
];

describe.each(endless)("%s dressed as a record", (_what, make) => {
  it("is refused before its keys are listed", async () => {
    const value = make();
    expect(codeOf(() => mergeExtensions(empty, { custom: { value } }, []))).toBe("snapshot_limit");
    expect(codeOf(() => mergeExtensions(empty, value, []))).toBe("snapshot_limit");
    expect(codeOf(() => createExtensions({ custom: { value: value as never } }))).toBe(
      "extensions_invalid",
    );
    for (const returned of [value, { metadata: value }, { modifiedPayload: { args: value } }]) {
      const result = await runOnce([plugin("returns", (_p, _c) => returned)]);
      expect(result.violation?.code).toBe("snapshot_limit");
    }
  });
});

it.each<[string, (length: number) => object]>([
  ["a text", (length) => Object("x".repeat(length)) as object],
  ["bytes", (length) => new Uint8Array(length)],
])("%s dressed as a record takes no longer to refuse if it is longer", async (_what, make) => {
  for (const prototype of [Object.prototype, null]) {
    // Listing the keys would take time that grows with the square of the count.
    const input = (count: number) =>
      Object.setPrototypeOf(make(count * count), prototype) as object;
    const limits = { nodes: 3 };
    const run = (value: object) =>
      codeOf(() => createExtensions({ custom: { value: value as never } }, { limits }));
    const merge = (value: object) =>
      codeOf(() => mergeExtensions(empty, { custom: { value } }, [], { limits }));
    expect(run(input(2))).toBe("extensions_invalid");
    expect(merge(input(2))).toBe("snapshot_limit");
    for (const each of [run, merge]) expect(await excessOf({ input, run: each })).toBeUndefined();
  }
});

describe("a record with a high number as key", () => {
  it("is a record like any other", () => {
    const custom = { [max]: 1, [max + 1]: "x" };
    expect(mergeExtensions(empty, { custom }, []).extensions.custom).toEqual(custom);
  });
});
