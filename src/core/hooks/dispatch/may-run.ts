import type { MessageRun } from "./message-run.ts";
import type { Step } from "./types.ts";

/** Whether a handler gets its turn: it is switched on, and its conditions match the call. */
export function mayRun(run: MessageRun, step: Step): boolean {
  if (step.plugin.off) {
    if (run.rechecking) return false;
    run.log.record(step, { status: "disabled", reason: "Switched off after a failure." });
    return false;
  }
  if (step.stream === "pass" && run.options.stream?.done === false) {
    run.log.record(step, { status: "skipped", reason: "It runs at the end." });
    return false;
  }
  const { conditions } = step;
  if (conditions === undefined) return true;
  if (conditions.holds(run.payload, run.extensions, run.options)) return true;
  if (run.rechecking) return false;
  run.log.record(step, { status: "skipped", reason: "Its conditions do not match." });
  return false;
}
