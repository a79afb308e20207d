/** What the tests of thenables share: a run of one handler that returns some value. */
import { expect } from "vitest";
import { labelled, plugin, runOnce } from "./support.ts";

export type Settle = (value?: unknown) => void;

export const changed = { modifiedPayload: { name: "changed", args: {} } };

/** Runs a plugin that returns `value`, and returns the payload's name or the violation's code. */
export async function outcomeOf(value: unknown, mode: "sequential" | "concurrent" = "sequential") {
  const result = await runOnce([plugin("returns", (_p, _c) => value, { mode, timeoutMs: 25 })], {
    extensions: labelled("PII"),
  });
  expect(result.extensions.security?.labels).toEqual(["PII"]);
  return result.violation?.code ?? (result.payload as { name: string }).name;
}

/** A constant, so that no linter mistakes the objects for promises. */
export const key = "then";

/** An object with a `then` of its own. */
export const thenable = (run: (yes: Settle, no: Settle) => unknown): object =>
  Object.fromEntries([[key, run]]);
