/** The settings of a hook entry and of the operator's word over it. */
import { type Conditions, conditionKinds, modes, type OnError } from "../hooks/index.ts";
import { standardProfile } from "./profile.ts";
import { readPlainArray, readPlainObject } from "./read-plain.ts";
import type { RunSettings } from "./types.ts";

export const settingNames = ["mode", "priority", "onError", "timeoutMs", "conditions"] as const;

/** What a hook entry can say where the hook is no message hook. */
const entryNamesOfAll: readonly string[] = ["handler", "extensions", "timeoutMs"];

/** Why an entry of a hook that is no message hook may not have a setting, or `undefined`. */
export function settingFault(key: string, semantic: string): string | undefined {
  if (semantic === "message" || entryNamesOfAll.includes(key)) return undefined;
  return `${key} is for message hooks; a ${semantic} hook takes ${entryNamesOfAll.join(", ")} only`;
}

const errorPolicies: readonly OnError[] = ["fail", "ignore", "disable"];

/** Reads the settings of `entry`, whose properties were read already; problems go to `report`. */
export function readSettings(
  entry: object,
  report: (text: string) => void,
  maxTimeoutMs = standardProfile.maxTimeoutMs,
): RunSettings {
  const { mode, priority, onError, timeoutMs, conditions } = entry as Record<string, unknown>;
  const settings: { -readonly [Key in keyof RunSettings]: RunSettings[Key] } = {};
  if (mode !== undefined) {
    if (typeof mode === "string" && Object.hasOwn(modes, mode))
      settings.mode = mode as keyof typeof modes;
    else report(`mode must be one of ${Object.keys(modes).join(", ")}`);
  }
  if (priority !== undefined) {
    if (Number.isSafeInteger(priority)) settings.priority = priority as number;
    else report("priority must be a whole number");
  }
  if (onError !== undefined) {
    if (errorPolicies.includes(onError as OnError)) settings.onError = onError as OnError;
    else report(`onError must be one of ${errorPolicies.join(", ")}`);
  }
  if (timeoutMs !== undefined) {
    const fault = timeoutFault(timeoutMs, maxTimeoutMs);
    if (fault === undefined) settings.timeoutMs = timeoutMs as number | null;
    else report(fault);
  }
  if (conditions !== undefined) {
    const read = readConditions(conditions, report);
    if (read !== undefined) settings.conditions = read;
  }
  return Object.freeze(settings);
}

/** Why a timeout cannot be one, or `undefined`. */
export function timeoutFault(
  timeoutMs: unknown,
  maxTimeoutMs = standardProfile.maxTimeoutMs,
): string | undefined {
  if (timeoutMs === null) return undefined;
  if (typeof timeoutMs !== "number" || Number.isNaN(timeoutMs))
    return "timeoutMs must be a number of milliseconds, or null";
  if (timeoutMs <= 0) return "handler timeout must be positive";
  return timeoutMs > maxTimeoutMs
    ? `handler timeout cannot exceed ${durationOf(maxTimeoutMs)}`
    : undefined;
}

/** In seconds, where they are whole. */
function durationOf(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (!Number.isSafeInteger(seconds)) return `${milliseconds} ms`;
  return seconds === 1 ? "1 second" : `${seconds} seconds`;
}

function readConditions(value: unknown, report: (text: string) => void): Conditions | undefined {
  const values = readPlainObject(value, "conditions", (_, message) => report(message));
  const read: Record<string, readonly string[]> = {};
  for (const [kind, given] of Object.entries(values ?? {})) {
    const patterns = readPlainArray(given);
    const isList =
      patterns !== undefined &&
      patterns.length > 0 &&
      patterns.every((p) => typeof p === "string" && p !== "");
    if (!conditionKinds.some((known) => known === kind)) {
      report(`conditions knows ${conditionKinds.join(", ")} only`);
    } else if (isList) read[kind] = Object.freeze(patterns as string[]);
    else report(`conditions.${kind} must be a list of patterns that is not empty`);
  }
  return values === undefined ? undefined : Object.freeze(read);
}
