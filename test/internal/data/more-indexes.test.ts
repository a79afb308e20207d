import { describe, expect, it } from "vitest";
import { hasMoreIndexes } from "../../../src/core/data/index.ts";

describe("a small object that lists many keys", () => {
  it.each<[string, object, boolean]>([
    ["a String object with more", Object("abcd") as object, true],
    ["a String object with as many", Object("abc") as object, false],
    ["bytes with more", new Uint8Array(4), true],
    ["bytes with as many", new Uint8Array(3), false],
    ["a view of bytes", new DataView(new ArrayBuffer(9)), false],
    ["a list", [1, 2, 3, 4], false],
    ["an object", { 3: 1 }, false],
  ])("is detected: %s", (_, value, more) => {
    expect(hasMoreIndexes(value, 3)).toBe(more);
    Object.setPrototypeOf(value, null);
    expect(hasMoreIndexes(value, 3)).toBe(more);
  });
});
