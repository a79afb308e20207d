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
 * The health of a plugin.
 *
 * - `healthy`: all is well.
 * - `degraded`: it works in part, or is recovering.
 * - `unhealthy`: it does not work.
 * - `unknown`: it has no health check, or was not checked yet.
 */
export type HealthStatus = "healthy" | "degraded" | "unhealthy" | "unknown";

const statuses = { healthy: true, degraded: true, unhealthy: true, unknown: true };

declare const answer: unique symbol;

/**
 * What a health check returns. Only `health` makes it, in any copy of this library; a look-alike
 * does not count.
 */
export interface PluginHealth {
  readonly [answer]: true;
  readonly status: HealthStatus;
  /** Empty if none was given. */
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
  /** What went wrong with the check itself, on one line, redacted; `null` if nothing did. */
  readonly errorSummary: string | null;
}

const answers = sharedNotes("health");

/** Returns what `health` was called with; `undefined` for anything that it did not make. */
export function answerOf(value: unknown): Pick<HealthReport, "status" | "message"> | undefined {
  // A plugin may have put something there that throws when it is read.
  return attempt(() => {
    const found = answers.get(value);
    const status = ownValue(found, "status");
    const message = ownValue(found, "message");
    if (typeof status !== "string" || !isStatus(status) || typeof message !== "string") return;
    return { status, message };
  });
}

/**
 * Makes the answer of a health check. It has no effect other than to inform: the handlers of an
 * unhealthy plugin run as before.
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
  // Checks resolve promises with it. Without a prototype, it inherits no patched `then`.
  const answer = freeze({ __proto__: null, status, message });
  answers.set(answer, answer);
  // The brand of a PluginHealth exists for the compiler only.
  return answer as unknown as PluginHealth;
}

export function isStatus(text: string): text is HealthStatus {
  return hasOwn(statuses, text);
}

/** The manager's option `health`. */
export interface HealthOptions {
  /** How long one check may take, in milliseconds. Default 5 000. */
  readonly timeoutMs?: number | undefined;
  /** Whether the manager checks repeatedly, until it is closed. Default false. */
  readonly poll?: boolean | undefined;
  /** The time between two rounds of polling, in milliseconds. Default 60 000. */
  readonly intervalMs?: number | undefined;
  /**
   * Called once for each change that polling finds. Whatever it throws, or rejects with, is
   * ignored. Default: a line in the log.
   */
  readonly onChange?: ((report: HealthReport, before: HealthStatus) => unknown) | undefined;
}

/** @throws GlassineError `options_invalid` */
export function readHealthOptions(given: HealthOptions = {}) {
  expectOptions(given, ["timeoutMs", "poll", "intervalMs", "onChange"], "The option health");
  const { timeoutMs = 5_000, intervalMs = 60_000, onChange } = given;
  if (onChange !== undefined && typeof onChange !== "function")
    throw optionsInvalid("health.onChange must be a function.");
  const read = {
    timeoutMs: readWhole("health.timeoutMs", timeoutMs, longestTimerMs),
    poll: readOption(given, "poll", "boolean") ?? false,
    intervalMs: readWhole("health.intervalMs", intervalMs, longestTimerMs),
    onChange,
  };
  if (!read.poll && (given.intervalMs ?? onChange) !== undefined)
    throw optionsInvalid("health.intervalMs and health.onChange need health.poll: true.");
  return read;
}
