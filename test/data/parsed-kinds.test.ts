/** Field types in JSON that was just parsed. */
import { wholeNumber } from "glassine/host";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { problemsOf, readingOf } from "./reads.ts";

const most = Number.MAX_SAFE_INTEGER;

describe("a whole number", () => {
  it.each([0, 1, 7, most])("is read, and counts as one value: %d", (number) => {
    expect(readingOf(wholeNumber(), number, "parsed")).toBe(number);
    expect(problemsOf(wholeNumber(), number, "parsed", { nodes: 1 })).toEqual([]);
    expect(problemsOf(wholeNumber(), number, "parsed", { nodes: 0 })).toHaveLength(1);
  });

  it("has no sign if it is zero", () => {
    expect(readingOf(wholeNumber(), -0, "parsed")).toBe(0);
  });

  it.each([
    [-1],
    [-most],
    [0.5],
    [-0.5],
    [most + 1],
    [Number.POSITIVE_INFINITY],
    ["1"],
    [null],
    [true],
    [[]],
    [{}],
  ])("is not %j", (value) => {
    expect(problemsOf(wholeNumber(), value, "parsed")).toHaveLength(1);
  });

  it("is read with its parent level", () => {
    const level = z.object({ f: wholeNumber() });
    expect(readingOf(level, { f: 0 }, "parsed")).toEqual({ f: 0 });
    expect(problemsOf(level, { f: -1 }, "parsed")).toHaveLength(1);
  });
});
