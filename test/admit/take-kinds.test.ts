/** Kinds in JSON that was just parsed: taken over as they are read, or left to be read the long way. */

import { wholeNumber } from "glassine/host";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { extensionsLimits } from "../../src/core/data/index.ts";
import { allowanceOf, type ParsedReader } from "../../src/core/data/read-parsed.ts";
import { BAD } from "../../src/core/data/read-state.ts";
import { takeParsed } from "../../src/core/schema/index.ts";
import { compile, problemsOf } from "./support.ts";

const most = Number.MAX_SAFE_INTEGER;

describe("a whole number", () => {
  const { readParsed } = compile(wholeNumber()) as { readParsed: ParsedReader };

  it.each([0, 1, 7, most])("is taken over, and counts as a value: %d", (number) => {
    const left = allowanceOf(extensionsLimits);
    expect(readParsed(left, number)).toBe(number);
    expect(left.nodes).toBe(extensionsLimits.nodes - 1);
  });

  it("has no sign where it is zero", () => {
    expect(readParsed(allowanceOf(extensionsLimits), -0)).toBe(0);
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
  ])("is not %j, which is read the long way and refused", (value) => {
    expect(readParsed(allowanceOf(extensionsLimits), value)).toBe(BAD);
    expect(problemsOf(wholeNumber(), value, "parsed")).toHaveLength(1);
  });

  it("is taken over with the level around it", () => {
    const level = compile(z.object({ f: wholeNumber() }));
    expect(takeParsed(level, { f: 0 }, extensionsLimits)).toEqual({ f: 0 });
    expect(takeParsed(level, { f: -1 }, extensionsLimits)).toBeUndefined();
  });
});
