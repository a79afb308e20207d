import { expect } from "vitest";
import { readJson } from "../../src/core/data/free-form.ts";
import { extensionsLimits } from "../../src/core/data/limits.ts";
import { newReadState, STOP } from "../../src/core/data/read-state.ts";

/** Reads a value over a limit: how many values were read before it applied, and how deep. */
export function overLimit(value: unknown): { values: number; depth: number } {
  const walk = newReadState({
    origin: "plugin",
    limits: extensionsLimits,
    shapeCode: "extensions_shape",
    strict: true,
  });
  try {
    readJson(walk, value, undefined);
  } catch (stop) {
    if (stop !== STOP) throw stop;
  }
  expect(walk.problems[0]?.code).toBe("snapshot_limit");
  return { values: walk.nodes, depth: walk.depth };
}
