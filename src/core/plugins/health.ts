/** How a plugin says that it is well. */
import { intrinsics, sharedNotes } from "../data/index.ts";
import { GlassineError } from "../errors/index.ts";

const { freeze, ownValue } = intrinsics;

/**
 * How a plugin is.
 *
 * - `healthy`: all is well.
 * - `degraded`: it works in part, or recovers.
 * - `unhealthy`: it does not work.
 * - `unknown`: it has no health check, or was not asked yet.
 */
export type HealthStatus = "healthy" | "degraded" | "unhealthy" | "unknown";

const statuses: readonly string[] = ["healthy", "degraded", "unhealthy", "unknown"];

declare const answer: unique symbol;

/**
 * What a health check answers. Made by `health` only, of any copy of this library; a look-alike is
 * no answer.
 */
export interface PluginHealth {
  readonly [answer]: true;
  readonly status: HealthStatus;
  /** Empty where none was given. */
  readonly message: string;
}

/** What a health check came to. */
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
  try {
    const told = answers.get(value);
    const status = ownValue(told, "status");
    const message = ownValue(told, "message");
    if (typeof status !== "string" || !isStatus(status) || typeof message !== "string") return;
    return { status, message };
  } catch {
    // What a plugin put there itself, and throws when it is read.
    return undefined;
  }
}

/**
 * The answer of a health check. It tells and does nothing: the handlers of an unhealthy plugin go
 * on as before.
 *
 * @throws GlassineError `options_invalid` when the status is none of the four or the message no text
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
    throw misuse("health expects healthy, degraded, unhealthy or unknown.");
  if (typeof message !== "string") throw misuse("The message of health is a text.");
  // Checks resolve promises with it. Without a prototype nothing patched answers for it.
  const answer = freeze({ __proto__: null, status, message });
  answers.set(answer, answer);
  // The brand of a PluginHealth is known to the compiler only.
  return answer as unknown as PluginHealth;
}

export function isStatus(text: string): text is HealthStatus {
  for (let i = 0; i < statuses.length; i++) if (statuses[i] === text) return true;
  return false;
}

function misuse(text: string): GlassineError {
  return new GlassineError("options_invalid", text);
}
