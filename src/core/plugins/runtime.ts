/** What all runs of a manager share, and how a manager closes: it waits until they have ended. */
import { expectOptions, longestTimerMs, readWhole, within } from "../data/index.ts";
import { defineProperty, freeze, PromiseAtLoad } from "../data/intrinsics.ts";
import { quoteName } from "../errors/index.ts";
import {
  type BackgroundCounts,
  BackgroundWork,
  type HandlerStep,
  type ManagerRuntime,
} from "../hooks/index.ts";
import { describeThrown, isStandardType } from "../observe/index.ts";
import type { ReadOptions } from "./manager-options.ts";

/** How runs ended: `started` is the sum of the others. */
export interface InvokeCounts {
  readonly started: number;
  readonly allowed: number;
  readonly denied: number;
  readonly errored: number;
  readonly aborted: number;
  readonly inFlight: number;
}

interface RuntimeInput extends Pick<ManagerRuntime, "slots" | "Context" | "audit" | "redact"> {
  readonly options: ReadOptions;
  /** How many plugins have handlers that run in the background. */
  readonly inBackground: number;
}

/** @throws GlassineError `options_invalid`: `maxBackground` leaves a plugin without room */
export function createRuntime({
  slots,
  options,
  Context,
  audit,
  redact,
  inBackground,
}: RuntimeInput): ManagerRuntime {
  const { logger } = options;
  const describe: ManagerRuntime["describe"] = (thrown, more) => {
    const { type, text } = describeThrown(thrown);
    // A configuration may well contain the word "error".
    const shown = isStandardType(type) ? type : redact(type, more);
    return { type: shown, text: redact(text, more) };
  };
  return {
    slots,
    onHandlerError: options.onHandlerError,
    lateCounters: {
      late: 0,
      rejected: (step, thrown) => logger.warn(lateText(step, describe(thrown, undefined).type)),
    },
    counts: { started: 0, allowed: 0, denied: 0, errored: 0, aborted: 0 },
    Context,
    audit,
    meter: options.metrics,
    redact,
    describe,
    warn: logger.warn,
    logError: logger.error,
    onIdle: undefined,
    inFlight: 0,
    background: new BackgroundWork(options.maxBackground, inBackground),
  };
}

/** Without the message, which may contain secrets of a request that is over. */
function lateText({ name, hook }: HandlerStep, type: string): string {
  return `handler ${quoteName(name, 200)} rejected for hook ${quoteName(hook)} after its deadline: ${type}`;
}

/** What became of the manager's work. */
export interface CloseReport {
  /** False if runs, background work or records were still under way at the time limit. */
  readonly drained: boolean;
  readonly background: BackgroundCounts;
  /** Results that came after their deadline, or after an abort, and were dropped. */
  readonly late: number;
}

/** Options of `close`. */
export interface CloseOptions {
  /** How long to wait for runs, background work and records, in milliseconds. Default 10 000. */
  readonly timeoutMs?: number;
}

/**
 * Returns how long to wait, in milliseconds.
 *
 * @throws GlassineError `options_invalid`
 */
export function readCloseOptions(given: CloseOptions = {}): number {
  expectOptions(given, ["timeoutMs"], "close");
  const { timeoutMs = 10_000 } = given;
  return readWhole("timeoutMs of close", timeoutMs, longestTimerMs);
}

/** @throws GlassineError `options_invalid` */
export async function closeRuntime(
  runtime: ManagerRuntime,
  given: CloseOptions | undefined,
  begin: () => void,
  flush: () => Promise<void>,
): Promise<CloseReport> {
  const timeoutMs = readCloseOptions(given);
  begin();
  const { how } = await within(timeoutMs, () => settledWork(runtime, flush));
  const report = {
    drained: how === "returned",
    background: runtime.background.counts(),
    late: runtime.lateCounters.late,
  };
  // An own `then`, so that no patched prototype turns the report into a promise; not enumerable.
  defineProperty(report, "then", { __proto__: null } as PropertyDescriptor);
  return freeze(report);
}

/** Resolves when no run is in flight, no background work is left and all records are kept. */
async function settledWork(runtime: ManagerRuntime, flush: () => Promise<void>): Promise<void> {
  do {
    if (runtime.inFlight > 0) await idle(runtime);
    // A background handler may begin another run within its own.
    await runtime.background.drain();
  } while (runtime.inFlight > 0);
  await flush();
}

function idle(runtime: ManagerRuntime): Promise<void> {
  return new PromiseAtLoad((resolve) => {
    const { onIdle } = runtime;
    runtime.onIdle = () => {
      onIdle?.();
      resolve();
    };
  });
}
