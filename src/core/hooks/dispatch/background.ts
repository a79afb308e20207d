/** The background phase: handlers that start once the caller has its result. */
import {
  append,
  forEach,
  type List,
  monotonicNow,
  newList,
  toArray,
} from "../../data/intrinsics.ts";
import { dropPromises } from "../../schema/index.ts";
import { rejectionOf } from "../results.ts";
import type { BackgroundEnd } from "./background-work.ts";
import { endTurn } from "./context.ts";
import { mayRun } from "./may-run.ts";
import type { MessageRun } from "./message-run.ts";
import { failureBy, lateFailure, reportFailure, switchOff } from "./report.ts";
import type { PluginState, Step } from "./types.ts";
import { callWithin, timedOut } from "./wait.ts";

/** Returns the background handlers that will run, and records the others as skipped. */
export function chooseBackground(run: MessageRun): readonly Step[] {
  const { background, runtime } = run.compiled;
  const chosen = newList<Step>();
  forEach(background, (step) => {
    if (step.guarded && !mayRun(run, step)) return;
    const ofPlugin = countOf(chosen, step.plugin);
    if (runtime.background.hasRoom(step.plugin, ofPlugin)) append(chosen, step);
    else {
      runtime.background.drop();
      run.log.record(step, { status: "skipped", reason: "The background queue is full." });
    }
  });
  return toArray(chosen);
}

function countOf(steps: List<Step>, plugin: PluginState): number {
  let count = 0;
  forEach(steps, (step) => {
    if (step.plugin === plugin) count += 1;
  });
  return count;
}

/** Starts background handlers with the final snapshot of their run. */
export function runBackground(run: MessageRun, steps: readonly Step[]): void {
  run.background = steps.length;
  forEach(steps, (step) => {
    void run.runtime.background.start(step.plugin, async () => {
      const end = await runStep(run, step);
      run.background -= 1;
      return end;
    });
  });
}

async function runStep(run: MessageRun, step: Step): Promise<BackgroundEnd> {
  const { meter, lateCounters } = run.compiled.runtime;
  const startedAt = monotonicNow();
  const context = new run.runtime.Context(step, run);
  const { handler } = step;
  const call = () =>
    step.extensions
      ? handler(run.payload, context, step.filter(run.extensions))
      : handler(run.payload, context);
  // As in the other phases of a message hook, blocking the thread does not count as late.
  const limit = { deadline: step.deadline, timeoutMs: undefined };
  const latePolicy = { lateCounters, step, counts: false };
  const { how, value: outcome } = await callWithin(call, limit, latePolicy);
  meter?.turn(step, monotonicNow() - startedAt);
  // A denial comes too late, but is not a failure.
  const isDenial = how === "threw" && rejectionOf(outcome) !== undefined;
  dropPromises(outcome);
  if (how === "returned" || isDenial) return "completed";
  const isLate = how !== "threw" || outcome === timedOut;
  const failure = isLate ? lateFailure(step) : failureBy(run, outcome);
  if (step.onError === "disable") switchOff(run, step, failure);
  if (isLate) endTurn(context);
  reportFailure(run, step, failure);
  return isLate ? "timedOut" : "failed";
}
