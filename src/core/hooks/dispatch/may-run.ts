import type { MessageRun } from "./message-run.ts";
import type { ExecutionRecord, Step } from "./types.ts";

/** Whether a handler gets its turn: it is switched on, and its conditions match the call. */
export function mayRun(run: MessageRun, step: Step): boolean {
  const skipped = skippedAs(run, step);
  if (skipped === undefined) return true;
  // If it has been asked before, its record is about that.
  if (!run.rechecking || run.options.recheck === "only") run.log.record(step, skipped);
  return false;
}

function skippedAs(run: MessageRun, step: Step): Partial<ExecutionRecord> | undefined {
  if (step.plugin.off) return { status: "disabled", reason: "Switched off after a failure." };
  if (step.stream === "pass" && run.options.stream?.done === false) {
    return { status: "skipped", reason: "It runs at the end." };
  }
  const { conditions } = step;
  if (conditions === undefined) return undefined;
  if (conditions.holds(run.payload, run.extensions, run.options)) return undefined;
  return { status: "skipped", reason: "Its conditions do not match." };
}
