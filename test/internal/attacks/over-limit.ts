import { expect } from "vitest";
import { extensionsLimits, newReadState, readValue } from "../../../src/core/data/index.ts";
import { readJson } from "../../../src/core/schema/admit.ts";

/** Reads a value over a limit: how many values were read before it applied, and how deep. */
export function overLimit(value: unknown): { values: number; depth: number } {
  const walk = newReadState({
    origin: "plugin",
    limits: extensionsLimits,
    shapeCode: "extensions_shape",
    strict: true,
  });
  readValue(walk, readJson, value, undefined);
  expect(walk.problems[0]?.code).toBe("snapshot_limit");
  return { values: walk.nodes, depth: walk.depth };
}
