/** Attack numbers as in the threat model. */
import { createExtensions, mergeExtensions } from "glassine";
import { describe, expect, it } from "vitest";
import { codeOf } from "../admit/support.ts";

const extensions = createExtensions({ custom: { a: { deep: [1, 2] }, n: 0 } });
const merge = (returned: unknown) => mergeExtensions(extensions, returned, ["append_delegation"]);

describe("data that looks dangerous and is data", () => {
  it("A-002: constructor and prototype are keys like any other", () => {
    const custom = {
      constructor: { prototype: { admin: 1 } },
      valueOf: "v",
      hasOwnProperty: false,
    };
    const merged = merge({ custom }).extensions.custom as Record<string, unknown>;
    expect(JSON.stringify(merged)).toBe(JSON.stringify(custom));
    expect(Object.getPrototypeOf(merged)).toBeNull();
    expect(({} as { admin?: number }).admin).toBeUndefined();
  });

  it("A-001: an own __proto__ is refused at the top, in a slot, in data and in a hop", () => {
    const own = (text: string) => JSON.parse(text) as unknown;
    const bad = [
      '{"__proto__":{"custom":{}}}',
      '{"security":{"__proto__":{"labels":[]}}}',
      '{"custom":{"a":{"__proto__":{"admin":1}}}}',
      '{"delegation":{"chain":[{"subject_id":"a","subject_type":"b","__proto__":{}}]}}',
    ];
    for (const text of bad) expect(codeOf(() => merge(own(text)))).toBe("snapshot_key");
    expect(({} as { admin?: number }).admin).toBeUndefined();
  });

  it("A-029: minus zero is zero", () => {
    expect(merge({ custom: { ...extensions.custom, n: -0 } }).extensions).toBe(extensions);
    expect(Object.is(merge({ custom: { z: -0 } }).extensions.custom?.z, 0)).toBe(true);
  });

  it("A-039: bytes dressed as a record are copied, and the copy is detached", () => {
    const bytes = Object.setPrototypeOf(new Uint8Array([1, 2]), Object.prototype) as Record<
      string,
      number
    >;
    const { custom } = merge({ custom: { bytes } }).extensions;
    bytes[0] = 9;
    expect(custom?.bytes).toEqual({ 0: 1, 1: 2 });
  });
});
