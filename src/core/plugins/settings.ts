/** How a handler runs, as set by a hook entry and overridden by the operator. */
import * as z from "zod/mini";
import { conditionKinds, type HookSpec, type Mode, modes } from "../hooks/index.ts";
import { maxItems } from "../schema/index.ts";
import { nameOrQuoted, plainList, plainObject, withoutMissing } from "./read-plain.ts";
import type { RunSettings } from "./types.ts";

/** In the order of their phases. */
export const modeNames = Object.keys(modes) as Mode[];
const errorPolicies = ["fail", "ignore", "disable"] as const;
const isPriority = (value: unknown) => Number.isSafeInteger(value);

/** The path of an issue begins with `conditions`, a field of the settings, and the kind. */
const patternsExpected = {
  error: ({ path }: { readonly path?: PropertyKey[] | undefined }) =>
    `conditions.${String(path?.[1])} must be a list of 1 to ${maxItems} patterns, none of them empty`,
};
const isFilled = ({ length }: { readonly length: number }) => length > 0;
const pattern = z.string(patternsExpected).check(z.refine(isFilled, patternsExpected));
const patterns = z.exactOptional(
  plainList(pattern, patternsExpected).check(z.refine(isFilled, patternsExpected)),
);
const conditions = z.strictObject(
  Object.fromEntries(conditionKinds.map((kind) => [kind, patterns])),
  {
    error: ({ code, keys }) =>
      code === "unrecognized_keys"
        ? `conditions may have only ${conditionKinds.join(", ")}, not ${keys.map(nameOrQuoted).join(", ")}`
        : "conditions must be a plain object",
  },
);

const streamText =
  "stream must be buffer, sentence, pass or { window } with a whole number from 1 to 1048576";
const window = z.int(streamText).check(z.gte(1, streamText), z.lte(1_048_576, streamText));
const stream = z.union(
  [z.enum(["buffer", "sentence", "pass"]), plainObject(z.strictObject({ window }, streamText))],
  streamText,
);

const schema = z.object({
  mode: z.exactOptional(z.enum(modeNames, `mode must be one of ${modeNames.join(", ")}`)),
  priority: z.exactOptional(z.custom<number>(isPriority, "priority must be a whole number")),
  onError: z.exactOptional(
    z.enum(errorPolicies, `onError must be one of ${errorPolicies.join(", ")}`),
  ),
  timeoutMs: z.exactOptional(z.custom<number | null>()),
  conditions: z.exactOptional(plainObject(conditions)),
  stream: z.exactOptional(stream),
});

export const settingNames = Object.keys(schema.shape);

/** What a hook entry may set on hooks of any semantic. */
const entryNamesOfAll: readonly string[] = ["handler", "extensions", "timeoutMs"];

/** Why a hook's entry may not have a setting that other hooks allow, or `undefined`. */
export function settingFault(
  key: string,
  { semantic, streamed }: Pick<HookSpec, "semantic" | "streamed">,
): string | undefined {
  if (key === "stream" && semantic === "message" && streamed !== true)
    return "stream is for hooks whose messages may be streamed";
  if (semantic === "message" || entryNamesOfAll.includes(key)) return undefined;
  return `${key} is for message hooks; a ${semantic} hook takes ${entryNamesOfAll.join(", ")} only`;
}

/** Reads the settings among `values`. Reports each problem as one sentence. */
export function readSettings(
  values: object,
  report: (text: string) => void,
  maxTimeoutMs: number,
): RunSettings {
  const given = withoutMissing(values);
  const read = z.safeParse(schema, given);
  const fault = timeoutFault(given.timeoutMs ?? null, maxTimeoutMs);
  const faults = new Set(read.error?.issues.map(({ message }) => message));
  if (fault !== undefined) faults.add(fault);
  for (const text of faults) report(text);
  return Object.freeze(read.data ?? {});
}

/** Why a value is not a valid timeout, or `undefined`. */
export function timeoutFault(timeoutMs: unknown, maxTimeoutMs: number): string | undefined {
  if (timeoutMs === null) return undefined;
  if (typeof timeoutMs !== "number" || Number.isNaN(timeoutMs))
    return "timeoutMs must be a number of milliseconds, or null";
  if (timeoutMs <= 0) return "handler timeout must be positive";
  return timeoutMs > maxTimeoutMs
    ? `handler timeout cannot exceed ${durationOf(maxTimeoutMs)}`
    : undefined;
}

/** Formats a duration in seconds if they are whole, or else in milliseconds. */
function durationOf(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (!Number.isSafeInteger(seconds)) return `${milliseconds} ms`;
  return seconds === 1 ? "1 second" : `${seconds} seconds`;
}
