/**
 * One run of a message hook: the serial phases, then the concurrent one, then the end.
 *
 * It goes on without waiting until a handler returns a promise, and waits for that one alone. The
 * run never waits itself; a `PendingWait` does. On a deadline or an abort the run drops it, and a
 * late result finds no owner.
 */
import { intrinsics, isAwaitable } from "../../data/index.ts";
import type { Slots } from "../../envelope/index.ts";
import { ConcurrentPhase } from "./concurrent.ts";
import { endTurn } from "./context.ts";
import { finish } from "./end.ts";
import type { AnyInvokeResult } from "./records.ts";
import { reportThrown } from "./report.ts";
import { type Phase, RunState } from "./run-state.ts";
import type { RequestScope } from "./scope.ts";
import { isAborted, whenAborted } from "./signals.ts";
import { promiseOf, settledTo, unowned } from "./thenable.ts";
import { fail, failThrown, mayRun, noteError, takeReturned } from "./turn.ts";
import type { CompiledHook, PluginContext, RunOptions, Step } from "./types.ts";
import type { PendingWait } from "./wait.ts";

const PromiseAtLoad = Promise;

/** A run under the deadlines of its handlers. */
export class Invocation extends RunState {
  // Written out: engines pass the arguments of an implicit constructor through the iterator of
  // arrays, which a plugin may have patched.
  constructor(
    compiled: CompiledHook,
    payload: object,
    extensions: Slots,
    scope: RequestScope,
    options: RunOptions,
  ) {
    super(compiled, payload, extensions, scope, options);
  }

  onDeadline(): void {
    expire(this);
  }
}

/** Something the run waits for; `undefined` when the run is over. */
type Pending = PromiseLike<unknown> | undefined;

/** Runs to the end, or to the first promise. Always returns a promise of the result. */
export function run(invocation: RunState): Promise<AnyInvokeResult> {
  const { signal } = invocation.options;
  let pending: Pending;
  try {
    const isRefused = invocation.stopped !== undefined;
    pending = !isRefused && isAborted(signal) ? abort(invocation) : advance(invocation);
  } catch (error) {
    return crashed(invocation, error);
  }
  if (pending === undefined)
    return invocation.waited?.audited ?? settled(invocation.result as AnyInvokeResult);
  const promise = new PromiseAtLoad<AnyInvokeResult>(takeSettle);
  invocation.settle = lastSettle;
  // Kept no longer: it would pin the run's result.
  lastSettle = undefined;
  void resume(invocation.pendingWait, pending);
  try {
    if (signal !== undefined) listen(invocation, signal);
  } catch (error) {
    void crashed(invocation, error);
  }
  return promise;
}

// One executor for all: the constructor calls it at once, and nothing else runs in between.
let lastSettle: ((result: AnyInvokeResult) => void) | undefined;
function takeSettle(settle: (result: AnyInvokeResult) => void): void {
  lastSettle = settle;
}

// An async function makes its promise inside the engine, out of reach of patched prototypes.
export async function settled(result: AnyInvokeResult): Promise<AnyInvokeResult> {
  return result;
}

/**
 * A handler left the dispatcher no stack to go on with. The run fails once the stack is unwound, and
 * keeps everything merged so far.
 */
async function crashed(run: RunState, error: unknown): Promise<AnyInvokeResult> {
  // Before the stack is unwound a call may fail, so the run makes room for others without one.
  const wasCounted = run.counted;
  if (wasCounted) run.runtime.inFlight -= 1;
  run.counted = false;
  run.ending = "errored";
  run.dropWait(true);
  await undefined;
  if (wasCounted) run.runtime.counts.end("errored");
  const step = serialStep(run);
  const reason = `The run of ${run.compiled.hook} could not go on.`;
  if (step !== undefined) {
    reportThrown(run, step, error);
    run.log.addError(step, "handler_error", reason);
    noteError(run, step, "crash", reason);
  }
  const from = step?.position ?? run.compiled.firstConcurrent;
  const plugin = step === undefined ? {} : { plugin: step.plugin.name };
  finish(run, intrinsics.freeze({ ...plugin, code: "handler_error", reason }), from);
  const audited = run.waited?.audited;
  return audited === undefined ? (run.result as AnyInvokeResult) : await audited;
}

/**
 * Runs serial steps until one must be waited for, then the concurrent phase, then the end.
 *
 * A handler may make the host abort, so check `result` after each call of foreign code: the run may
 * be over.
 */
function advance(run: RunState): Pending {
  const { serial, timed, runtime } = run.compiled;
  const { signal } = run.options;
  while (run.index < serial.length) {
    const step = serial[run.index] as Step;
    if (run.stopped !== undefined) return finish(run, run.stopped, step.position);
    if (step.guarded && !mayRun(run, step)) {
      run.goOn();
      continue;
    }
    if (isAborted(signal)) return abort(run);
    if (timed) run.waiting.startedAt = intrinsics.monotonicNow();
    const { handler } = step;
    const before = run.extensions;
    const context = new runtime.Context(step, run);
    const view = step.extensions ? run.viewFor(step) : undefined;
    run.context = context;
    let returned: unknown;
    try {
      returned =
        view === undefined ? handler(run.payload, context) : handler(run.payload, context, view);
    } catch (thrown) {
      const end = failThrown(run, step, thrown);
      if (run.result !== undefined) return undefined;
      if (end !== undefined) return finish(run, end, step.position + 1);
      run.goOn();
      continue;
    }
    if (run.result !== undefined) {
      if (isAwaitable(returned)) unowned(returned);
      return undefined;
    }
    if (returned !== undefined || timed || run.again) {
      if (step.isAsync || isAwaitable(returned)) {
        run.given = view;
        run.before = before;
        run.waitUnder(step.ring);
        if (step.isAsync) return returned as Promise<unknown>;
        return promiseOf(returned as PromiseLike<unknown>, run.pendingWait);
      }
      const end = takeReturned(run, step, returned, view, before);
      if (end !== undefined) return finish(run, end, step.position + 1);
    }
    run.goOn();
  }
  if (run.stopped !== undefined) return finish(run, run.stopped, run.compiled.firstConcurrent);
  if (run.compiled.concurrent.length === 0) return finish(run, undefined, -1);
  if (isAborted(signal)) return abort(run);
  run.waitUnder(undefined);
  run.context = undefined;
  const phase = new ConcurrentPhase(run);
  run.waiting.phase = phase;
  return phase.start() ?? endConcurrent(run, phase);
}

function endConcurrent(run: RunState, phase: Phase): Pending {
  if (run.result !== undefined) return undefined;
  if (phase.cutShort) return abort(run);
  const end = phase.join() ?? run.stopped;
  return finish(run, end, end === undefined ? -1 : run.compiled.firstBackground);
}

/** The serial step whose turn it is. Beyond the last one a patched prototype would answer. */
function serialStep({ compiled: { serial }, index }: RunState): Step | undefined {
  return index < serial.length ? serial[index] : undefined;
}

/**
 * Waits for what `advance` returned, again and again, until the run is over or went on without it.
 * Keeps alive the pending wait and nothing else of the run. V8 may keep an awaited value alive in
 * this frame, so return after the first value and resume in a new one.
 */
async function resume(pendingWait: PendingWait<RunState>, pending: Pending): Promise<void> {
  while (pending !== undefined) {
    let outcome: unknown;
    let threw = false;
    try {
      outcome = await pending;
    } catch (thrown) {
      threw = true;
      outcome = thrown;
    }
    pending = goOn(pendingWait, threw, outcome);
    if (outcome !== undefined) {
      void resume(pendingWait, pending);
      return;
    }
  }
}

function goOn(pendingWait: PendingWait<RunState>, threw: boolean, outcome: unknown): Pending {
  const { owner: run } = pendingWait;
  if (run === undefined) {
    pendingWait.late(threw, outcome);
    return undefined;
  }
  const phase = run.waited?.phase;
  try {
    if (phase !== undefined) return endConcurrent(run, phase);
    return afterWait(run, serialStep(run) as Step, threw, threw ? outcome : settledTo(outcome));
  } catch (error) {
    void crashed(run, error);
    return undefined;
  }
}

function afterWait(run: RunState, step: Step, threw: boolean, returned: unknown): Pending {
  const end = threw
    ? failThrown(run, step, returned)
    : takeReturned(run, step, returned, run.given, run.before);
  if (run.result !== undefined) return undefined;
  if (end !== undefined) return finish(run, end, step.position + 1);
  run.goOn();
  return advance(run);
}

/** The deadline of the handler that is waited for is over, so the run goes on without it. */
function expire(run: RunState): void {
  const step = run.compiled.serial[run.index] as Step;
  run.dropWait(true, step);
  const end = fail(run, step, "handler_timeout", "timeout");
  endTurn(run.context as PluginContext);
  if (run.result !== undefined) return;
  if (end !== undefined) {
    finish(run, end, step.position + 1);
    return;
  }
  run.goOn();
  try {
    const pending = advance(run);
    void resume(run.pendingWait, pending);
  } catch (error) {
    void crashed(run, error);
  }
}

/** Watches the host's signal while the run waits. */
function listen(run: RunState, signal: AbortSignal): void {
  const onAbort = () => abort(run);
  run.waiting.unlisten = whenAborted(signal, onAbort);
  if (isAborted(signal)) onAbort();
}

/** The host gave up. What was merged stays; a handler that still runs sees it by its own signal. */
function abort(run: RunState): undefined {
  if (run.result !== undefined) return undefined;
  const step = serialStep(run);
  const { context } = run;
  const phase = run.waited?.phase;
  // Of a concurrent phase, each handler counts for itself.
  run.dropWait(phase === undefined);
  const waits = run.settle !== undefined;
  let from = step?.position ?? run.compiled.firstConcurrent;
  if (phase !== undefined) {
    phase.cancel();
    from = run.compiled.firstBackground;
  } else if (waits && step !== undefined) {
    run.record(step, { status: "cancelled", effectiveAllow: false, errorCode: "aborted" });
    from += 1;
  }
  run.ending = "aborted";
  const reason = "The host aborted the invocation.";
  finish(run, intrinsics.freeze({ code: "aborted", reason }), from);
  // Last, because a listener of the plugin's runs here.
  if (waits && context !== undefined) endTurn(context);
  phase?.endTurns();
  return undefined;
}
