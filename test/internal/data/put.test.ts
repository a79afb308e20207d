/** Writing a key that may not be there yet. */
import { describe, expect, it } from "vitest";
import { put } from "../../../src/core/data/intrinsics.ts";

const plain = { writable: true, enumerable: true, configurable: true };

describe("a new key", () => {
  it("is written despite an inherited setter, which is not called", () => {
    const met: unknown[] = [];
    const target = Object.create({
      set a(value: unknown) {
        met.push(value);
      },
    });
    put(target, "a", 1);
    expect(met).toEqual([]);
    expect(Object.getOwnPropertyDescriptor(target, "a")).toEqual({ value: 1, ...plain });
  });

  it("may be __proto__ like any other", () => {
    const target = {};
    put(target, "__proto__", { a: 1 });
    expect(Object.getPrototypeOf(target)).toBe(Object.prototype);
    expect(Object.getOwnPropertyDescriptor(target, "__proto__")).toEqual({
      value: { a: 1 },
      ...plain,
    });
  });

  it("comes last", () => {
    const target = { b: 1 };
    put(target, "a", 2);
    expect(Object.entries(target)).toEqual([
      ["b", 1],
      ["a", 2],
    ]);
  });
});

describe("an existing key", () => {
  it("gets the new value, in its place", () => {
    const target = { b: 1, a: 2 };
    put(target, "b", 3);
    expect(Object.entries(target)).toEqual([
      ["b", 3],
      ["a", 2],
    ]);
  });

  it("is enumerable only if it was before", () => {
    const target = Object.defineProperty({}, "a", { value: 1, writable: true });
    put(target, "a", 2);
    expect(Object.getOwnPropertyDescriptor(target, "a")).toEqual({
      value: 2,
      writable: true,
      enumerable: false,
      configurable: false,
    });
  });
});
