/** Runs a hook of the other four semantics from its first handler to its answer. */
import { intrinsics, isAwaitable } from "../../data/index.ts";
import { GlassineError } from "../../errors/index.ts";
import { endTurn } from "../dispatch/context.ts";
import { viewFor } from "../dispatch/message-run.ts";
import { isAborted } from "../dispatch/signals.ts";
import type { HandlerStep, Meter } from "../dispatch/types.ts";
import { joinsPromise, settle, timedOut, unowned } from "../dispatch/wait.ts";
import type { OperationRun, TurnHow } from "./operation-run.ts";
import { abortedError, type SemanticRules, semanticRules } from "./take-outcome.ts";

const { monotonicNow } = intrinsics;

/** Gives each handler its turn, one after the other, until the run has ended. */
async function eachInTurn(run: OperationRun, { take, end }: SemanticRules): Promise<void> {
  const { steps, runtime } = run.compiled;
  const { meter } = runtime;
  for (let i = 0; i < steps.length; i++) {
    const step = steps[i] as HandlerStep;
    const startedAt = meter === undefined ? 0 : monotonicNow();
    await takeTurn(run, step);
    if (run.how !== "aborted") meter?.turn(step, monotonicNow() - startedAt);
    if (run.how === "aborted") endAborted(run);
    else {
      const failure = take(run, step);
      if (failure !== undefined) run.fail("errored", failure);
    }
    if (run.ending !== undefined) return;
  }
  end(run);
}

/**
 * Gives a handler its turn. What came of it is in `how` and `outcome`. A handler that blocks the
 * thread beyond its deadline has timed out like any other, also where it did so before its promise
 * resolved: then no timer had its turn.
 */
async function takeTurn(run: OperationRun, step: HandlerStep): Promise<void> {
  const { options, payload, runtime } = run;
  run.how = "pending";
  run.outcome = undefined;
  if (isAborted(options.signal)) return ended(run, "aborted", undefined);
  const context = new runtime.Context(step, run);
  const { handler, timeoutMs } = step;
  const startedAt = monotonicNow();
  const isLate = () => timeoutMs !== undefined && monotonicNow() - startedAt > timeoutMs;
  let returned: unknown;
  try {
    returned = step.extensions
      ? handler(payload, context, viewFor(run, step, run.extensions))
      : handler(payload, context);
  } catch (thrown) {
    return ended(run, "threw", thrown);
  }
  if (isLate()) {
    if (isAwaitable(returned)) unowned(returned);
    endTurn(context);
    return ended(run, "timeout", undefined);
  }
  if (!isAwaitable(returned)) return ended(run, "returned", returned);
  const { lateCounters } = runtime;
  const latePolicy = { lateCounters, step, counts: true };
  const { how, value } = await settle(returned, step.deadline, latePolicy, options.signal);
  // Behind a lock the deadline begins later, and is held to there.
  const cameLate = how === "returned" && step.deadline !== undefined && isLate();
  if (cameLate) lateCounters.late += 1;
  if (how === "timeout" || how === "aborted" || cameLate) endTurn(context);
  return cameLate ? ended(run, "timeout", undefined) : ended(run, how, value);
}

/** Who guards a handler that runs alone throws a marker when its time is over. */
function ended(run: OperationRun, how: TurnHow, outcome: unknown): void {
  const isMarker = how === "threw" && outcome === timedOut;
  run.how = isMarker ? "timeout" : how;
  run.outcome = isMarker ? undefined : outcome;
}

/** A hook that is fire and forget always resolves, unless it is strict. */
function endAborted(run: OperationRun): void {
  const { semantic, strict } = run.compiled;
  if (semantic === "fire_and_forget" && !strict) run.end("aborted", undefined);
  else run.fail("aborted", abortedError(run));
}

/**
 * Resolves to the answer of the hook's semantic.
 *
 * @throws (as a rejection) PluginExecutionError `execution_failed`; GlassineError `aborted`,
 *   `audit_failed`, `realm_tampered`
 */
export async function operate(run: OperationRun): Promise<unknown> {
  const { runtime, semantic, hook } = run.compiled;
  const { meter } = runtime;
  const startedAt = meter === undefined ? 0 : monotonicNow();
  meter?.fired(hook);
  try {
    try {
      await eachInTurn(run, semanticRules[semantic]);
    } catch (error) {
      // A handler left it no stack.
      run.fail("errored", outOfStack(run, error));
    }
    if (runtime.audit?.strict === true) await holdToAudit(run);
    return concluded(run);
  } finally {
    runtime.inFlight -= 1;
    runtime.counts[run.ending ?? "errored"] += 1;
    if (meter !== undefined) measure(run, meter, monotonicNow() - startedAt);
    if (runtime.inFlight === 0) runtime.onIdle?.();
  }
}

function measure({ compiled, ending }: OperationRun, meter: Meter, durationMs: number): void {
  const { hook, semantic } = compiled;
  meter.ran(hook, durationMs);
  if (semantic !== "voting") return;
  if (ending === "allowed") meter.decided(hook, "allow");
  if (ending === "denied") meter.decided(hook, "deny");
}

function outOfStack(run: OperationRun, cause: unknown): GlassineError {
  const text = `The run of '${run.hook}' could not go on.`;
  return new GlassineError("handler_error", text, { hook: run.hook }, cause);
}

/** What could not be written down does not pass; a denial stands. */
async function holdToAudit(run: OperationRun): Promise<void> {
  if (run.receipts === undefined || (await run.receipts.areKept()) === true) return;
  if (run.ending === "denied") return;
  const text = `The audit trail did not keep what happened on '${run.hook}'.`;
  run.fail("errored", new GlassineError("audit_failed", text, { hook: run.hook }, run.error));
}

function concluded(run: OperationRun): unknown {
  if (run.error !== undefined) throw run.error;
  // A patched promise let it come here too early: then there is no answer, and none is made up.
  if (run.ending === undefined) throw outOfStack(run, undefined);
  const { answer } = run;
  if (typeof answer === "object" && answer !== null && joinsPromise(answer)) {
    const text = "A `then` on a prototype would answer in place of the run.";
    throw new GlassineError("realm_tampered", text, { hook: run.hook });
  }
  return answer;
}
