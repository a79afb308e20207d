/** How the plugins' health is asked for, and who is told of a change. */
import { expectOptions, longestTimerMs } from "../data/index.ts";
import { GlassineError } from "../errors/index.ts";
import type { HealthReport, HealthStatus } from "./health.ts";

/** The manager's option `health`. */
export interface HealthOptions {
  /** How long one check may take, in milliseconds. Default 5 000. */
  readonly timeoutMs?: number;
  /** Whether the manager asks again and again, until it is closed. Default false. */
  readonly poll?: boolean;
  /** Between two rounds of polling, in milliseconds. Default 60 000. */
  readonly intervalMs?: number;
  /**
   * Told once of each change that polling finds. What it throws, or rejects with, changes nothing.
   * Default: a line in the log.
   */
  readonly onChange?: (report: HealthReport, before: HealthStatus) => unknown;
}

export interface ReadHealthOptions {
  readonly timeoutMs: number;
  readonly poll: boolean;
  readonly intervalMs: number;
  readonly onChange: HealthOptions["onChange"];
}

const names = ["timeoutMs", "poll", "intervalMs", "onChange"];

/** @throws GlassineError `options_invalid` */
export function readHealthOptions(given: unknown): ReadHealthOptions {
  if (given !== undefined) expectOptions(given, names, "The option health");
  const { poll = false, onChange, timeoutMs, intervalMs } = (given ?? {}) as HealthOptions;
  if (typeof poll !== "boolean") throw misuse("health.poll must be true or false.");
  if (onChange !== undefined && typeof onChange !== "function")
    throw misuse("health.onChange must be a function.");
  return {
    timeoutMs: readDelay("timeoutMs", timeoutMs ?? 5_000),
    poll,
    intervalMs: readDelay("intervalMs", intervalMs ?? 60_000),
    onChange,
  };
}

function readDelay(name: string, value: unknown): number {
  if (typeof value === "number" && value > 0 && value <= longestTimerMs) return value;
  throw misuse(`health.${name} must be milliseconds above 0, at most ${longestTimerMs}.`);
}

function misuse(text: string): GlassineError {
  return new GlassineError("options_invalid", text);
}
