/** How much of a value is read before a limit applies. */
// Only in test:all: it handles input of every large size.
import { describe, expect, it } from "vitest";
import { extensionsLimits } from "../../../src/core/data/index.ts";
import { newReadState, readValue } from "../../../src/core/data/read.ts";
import { readJson } from "../../../src/core/schema/readers.ts";
import { largeValues } from "../../attacks/large-values.ts";

/** Reads a value over a limit; returns the number and the depth of the values read. */
function overLimit(value: unknown): { values: number; depth: number } {
  const options = {
    origin: "plugin",
    limits: extensionsLimits,
    shapeCode: "extensions_shape",
    strict: true,
  } as const;
  const walk = newReadState(options, false);
  readValue(walk, readJson, value, undefined, false);
  expect(walk.problems[0]?.code).toBe("snapshot_limit");
  return { values: walk.nodes, depth: walk.depth };
}

it.each(largeValues)("%s, only up to the limit", (_what, value) => {
  expect(overLimit(value).values).toBeLessThanOrEqual(extensionsLimits.nodes + 1);
});

it("an empty array with a length of four billion, not at all", () => {
  expect(overLimit(Object.assign([], { length: 2 ** 32 - 1 })).values).toBe(1);
});

describe("a value in itself, over and over", () => {
  const nested = (times: number, made: (part: unknown) => object, leaf: unknown) => {
    let part = leaf;
    for (let i = 0; i < times; i++) part = made(part);
    return part;
  };

  it.each([
    ["in objects", nested(25, (part) => ({ a: part, b: part }), { leaf: 1 })],
    ["in arrays", nested(25, (part) => [part, part], { leaf: 1 })],
    ["frozen", nested(25, (part) => Object.freeze({ a: part, b: part }), { leaf: 1 })],
  ])("twice each time %s, only up to the limit", (_how, value) => {
    expect(overLimit(value).values).toBe(extensionsLimits.nodes + 1);
  });

  it.each([
    ["objects", nested(100_000, (part) => ({ a: part }), 1)],
    ["arrays", nested(100_000, (part) => [part], 1)],
  ])("as %s, only as deep as the limit", (_what, value) => {
    expect(overLimit(value).depth).toBe(extensionsLimits.depth);
  });
});
