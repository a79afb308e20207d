/** Closes a manager: waits for what is under way, as long as there is time. */
import { expectOptions, intrinsics, longestTimerMs, readWhole, within } from "../data/index.ts";
import type { BackgroundCounts, ManagerRuntime } from "../hooks/index.ts";

const PromiseAtLoad = Promise;

/** What became of the manager's work. */
export interface CloseReport {
  /** False when background work was still under way at the time limit. */
  readonly drained: boolean;
  readonly background: BackgroundCounts;
  /** Results that came after their deadline, or after an abort, and were dropped. */
  readonly late: number;
}

/** Options of `close`. */
export interface CloseOptions {
  /** How long to wait for background work, in milliseconds. Default 10 000. */
  readonly timeoutMs?: number;
}

/** @throws GlassineError `options_invalid` */
export async function closeRuntime(
  runtime: ManagerRuntime,
  given: CloseOptions | undefined,
  begin: () => void,
  flush: () => Promise<void>,
): Promise<CloseReport> {
  const timeoutMs = readCloseTimeout(given);
  begin();
  const { how } = await within(timeoutMs, () => settledWork(runtime, flush));
  const drained = how === "returned";
  const report = {
    drained,
    background: runtime.background.counts(),
    late: runtime.lateCounters.late,
  };
  // Its own, so that a patched prototype does not turn the report into a promise; not shown.
  intrinsics.defineProperty(report, "then", { __proto__: null } as PropertyDescriptor);
  return intrinsics.freeze(report);
}

/** Resolves when no run is in flight, no background work is left and all records are kept. */
async function settledWork(runtime: ManagerRuntime, flush: () => Promise<void>): Promise<void> {
  if (runtime.inFlight > 0) {
    await new PromiseAtLoad<void>((resolve) => {
      const { onIdle } = runtime;
      runtime.onIdle = () => {
        onIdle?.();
        resolve();
      };
    });
  }
  await runtime.background.drain();
  await flush();
}

/** @throws GlassineError `options_invalid` */
function readCloseTimeout(given: CloseOptions = {}): number {
  expectOptions(given, ["timeoutMs"], "close");
  const { timeoutMs = 10_000 } = given;
  return readWhole("timeoutMs of close", timeoutMs, longestTimerMs);
}
