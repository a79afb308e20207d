/** Two small helpers: own values, and lower case. */
import { describe, expect, it } from "vitest";
import { ownValue, toLowerAscii } from "../../../src/core/data/intrinsics.ts";

describe("an own value", () => {
  it.each([
    [{ a: 1 }, 1],
    [Object.create({ a: 1 }), undefined],
    [Object.assign(Object.create(null), { a: 1 }), 1],
    [null, undefined],
    [undefined, undefined],
    ["a", undefined],
    [5, undefined],
    [Object.assign(() => 0, { a: 1 }), undefined],
  ])("of %o is %s", (value, own) => {
    expect(ownValue(value, "a")).toBe(own);
  });
});

describe("lower case by the rules of ASCII", () => {
  it.each([
    ["", ""],
    ["X-Trace_9", "x-trace_9"],
    ["\u212aEY", "\u212aey"],
    ["A\u00c4Z", "a\u00c4z"],
    ["\u0130X\u0130", "\u0130x\u0130"],
    ["\x7fA@[", "\x7fa@["],
    ["\u{1f512}A", "\u{1f512}a"],
  ])("of %j is %j", (text, lower) => {
    expect(toLowerAscii(text)).toBe(lower);
  });
});
