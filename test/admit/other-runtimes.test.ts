/** What stands in for what a runtime lacks: safe all the same, and told less clearly. */
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import type * as intrinsics from "../../src/admit/intrinsics.ts";
import { isWellFormed } from "../../src/admit/intrinsics.ts";

describe("on a runtime without isWellFormed and util.types", () => {
  let bare: typeof intrinsics;
  let named: string;

  beforeAll(async () => {
    const wellFormed = Object.getOwnPropertyDescriptor(String.prototype, "isWellFormed");
    const { getBuiltinModule } = process;
    try {
      Reflect.deleteProperty(String.prototype, "isWellFormed");
      Reflect.deleteProperty(process, "getBuiltinModule");
      // Another instance of the module: it looks at the runtime as it loads.
      const path = "../../src/admit/intrinsics.ts?bare";
      bare = (await import(/* @vite-ignore */ path)) as typeof intrinsics;
      named = bare.isWellFormed.name;
    } finally {
      if (wellFormed) Object.defineProperty(String.prototype, "isWellFormed", wellFormed);
      process.getBuiltinModule = getBuiltinModule;
    }
  });

  it("a text is valid Unicode by the same rule", () => {
    expect(named).not.toContain("bound");
    const units = fc.constantFrom("a", "\ud7ff", "\ud800", "\udbff", "\udc00", "\udfff", "\ue000");
    fc.assert(
      fc.property(fc.array(units, { maxLength: 6 }), (parts) => {
        const text = parts.join("");
        expect(bare.isWellFormed(text)).toBe(isWellFormed(text));
      }),
    );
  });

  it.each([
    ["", true],
    ["\ud800\udc00", true],
    ["\udbff\udfff\udbff\udfff", true],
    ["\ud7ff\ue000", true],
    ["\ud800", false],
    ["\udc00", false],
    ["\udc00\ud800", false],
    ["\ud800\ud800\udc00", false],
    ["\ud800\udc00\udc00", false],
    ["\ud800\udbff", false],
    ["\ud800\ue000", false],
    ["a\udfff", false],
    ["\udbff", false],
  ])("%j: %s", (text, valid) => {
    expect(bare.isWellFormed(text)).toBe(valid);
  });

  it("a promise is known by its prototype, and nothing else is one", () => {
    expect(bare.isNativePromise(Promise.resolve())).toBe(true);
    expect(bare.isNativePromise({})).toBe(false);
    expect(bare.isNativePromise(Object.create(null))).toBe(false);
  });

  it("a proxy passes for what it stands for, and an async function for any other", () => {
    expect(bare.isProxy(new Proxy({}, {}))).toBe(false);
    expect(bare.isAsyncFunction(async () => 1)).toBe(false);
  });
});
