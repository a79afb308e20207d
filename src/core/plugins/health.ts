/** How a plugin reports its health, and how the host asks for it. */
import {
  attempt,
  expectOptions,
  longestTimerMs,
  readOption,
  readWhole,
  sharedNotes,
} from "../data/index.ts";
import { freeze, hasOwn, ownValue } from "../data/intrinsics.ts";
import { optionsInvalid } from "../errors/index.ts";

/**
 * How a plugin is.
 *
 * - `healthy`: all is well.
 * - `degraded`: it works in part, or recovers.
 * - `unhealthy`: it does not work.
 * - `unknown`: it has no health check, or was not asked yet.
 */
export type HealthStatus = "healthy" | "degraded" | "unhealthy" | "unknown";

const statuses = { healthy: true, degraded: true, unhealthy: true, unknown: true };

declare const answer: unique symbol;

/**
 * What a health check returns. Made by `health` only, of any copy of this library; a look-alike does
 * not count.
 */
export interface PluginHealth {
  readonly [answer]: true;
  readonly status: HealthStatus;
  /** Empty where none was given. */
  readonly message: string;
}

/** The outcome of a health check. */
export interface HealthReport {
  readonly pluginName: string;
  readonly pluginVersion: string;
  readonly status: HealthStatus;
  /** One line, at most 501 characters, redacted. */
  readonly message: string;
  /** When the check ended: ISO 8601, UTC, with milliseconds. */
  readonly checkedAt: string;
  /** What went wrong with the check itself, on one line, redacted; `null` where nothing did. */
  readonly errorSummary: string | null;
}

const answers = sharedNotes("health");

/** What `health` was called with, or `undefined` for anything that it did not make. */
export function answerOf(
  value: unknown,
): { readonly status: HealthStatus; readonly message: string } | undefined {
  // A plugin may have put there what throws when it is read.
  return attempt(() => {
    const found = answers.get(value);
    const status = ownValue(found, "status");
    const message = ownValue(found, "message");
    if (typeof status !== "string" || !isStatus(status) || typeof message !== "string") return;
    return { status, message };
  });
}

/**
 * The answer of a health check. It informs and does nothing: the handlers of an unhealthy plugin run
 * as before.
 *
 * @throws GlassineError `options_invalid` for another status, or a message that is not a string
 * @example
 * ```ts
 * import { definePlugin } from "glassine";
 * import { health } from "glassine/audit";
 *
 * const plugin = definePlugin({
 *   name: "cache",
 *   version: "1.0.0",
 *   healthCheck: () => health("degraded", "the cache is cold"),
 * });
 * console.log(plugin.name); // cache
 * ```
 */
export function health(status: HealthStatus, message = ""): PluginHealth {
  if (typeof status !== "string" || !isStatus(status))
    throw optionsInvalid("health expects healthy, degraded, unhealthy or unknown.");
  if (typeof message !== "string") throw optionsInvalid("The message of health must be a string.");
  // Checks resolve promises with it. Without a prototype nothing patched answers for it.
  const answer = freeze({ __proto__: null, status, message });
  answers.set(answer, answer);
  // The brand of a PluginHealth is known to the compiler only.
  return answer as unknown as PluginHealth;
}

export function isStatus(text: string): text is HealthStatus {
  return hasOwn(statuses, text);
}

/** The manager's option `health`. */
export interface HealthOptions {
  /** How long one check may take, in milliseconds. Default 5 000. */
  readonly timeoutMs?: number | undefined;
  /** Whether the manager asks again and again, until it is closed. Default false. */
  readonly poll?: boolean | undefined;
  /** Between two rounds of polling, in milliseconds. Default 60 000. */
  readonly intervalMs?: number | undefined;
  /**
   * Called once for each change that polling finds. What it throws, or rejects with, changes nothing.
   * Default: a line in the log.
   */
  readonly onChange?: ((report: HealthReport, before: HealthStatus) => unknown) | undefined;
}

/** @throws GlassineError `options_invalid` */
export function readHealthOptions(given: HealthOptions = {}) {
  expectOptions(given, ["timeoutMs", "poll", "intervalMs", "onChange"], "The option health");
  const { timeoutMs = 5_000, intervalMs = 60_000, onChange } = given;
  if (onChange !== undefined && typeof onChange !== "function")
    throw optionsInvalid("health.onChange must be a function.");
  return {
    timeoutMs: readWhole("health.timeoutMs", timeoutMs, longestTimerMs),
    poll: readOption(given, "poll", "boolean") ?? false,
    intervalMs: readWhole("health.intervalMs", intervalMs, longestTimerMs),
    onChange,
  };
}
