/**
 * One run of a message hook: the serial phases, then the concurrent one, then the end.
 *
 * It goes on without waiting until a handler returns a promise, and waits for that one alone.
 */
import { concat, intrinsics, isAwaitable } from "../../data/index.ts";
import type { Slots } from "../../envelope/index.ts";
import { ConcurrentPhase } from "./concurrent.ts";
import { endTurn } from "./context.ts";
import { finish } from "./end.ts";
import { noteError, reportThrown } from "./report.ts";
import { RunState } from "./run-state.ts";
import type { RequestScope } from "./scope.ts";
import { isAborted, whenAborted } from "./signals.ts";
import { fail, failThrown, mayRun, takeReturned } from "./turn.ts";
import type { AnyInvokeResult, CompiledHook, PluginContext, RunOptions, Step } from "./types.ts";
import { type Pending, promiseOf, unowned, Wait, type WaitOwner } from "./wait.ts";

const PromiseAtLoad = Promise;

/** A run, and how it goes on after it waited. */
export class Invocation extends RunState implements WaitOwner {
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
    if (options.recheck === "only") askAgainOnly(this);
  }

  settled(threw: boolean, outcome: unknown): Pending {
    try {
      const step = this.step as Step;
      const end = threw
        ? failThrown(this, step, outcome)
        : takeReturned(this, step, outcome, this.given, this.before);
      if (this.result !== undefined) return undefined;
      if (end !== undefined) return finish(this, end, step.position + 1);
      goOn(this);
      return advance(this);
    } catch (error) {
      void crashed(this, error);
      return undefined;
    }
  }

  /** The deadline of the handler that is waited for is over, so the run goes on without it. */
  expired(): void {
    const step = this.step as Step;
    this.dropWait(true, step);
    const end = fail(this, step, "handler_timeout", "timeout");
    endTurn(this.context as PluginContext);
    if (this.result !== undefined) return;
    if (end !== undefined) {
      finish(this, end, step.position + 1);
      return;
    }
    goOn(this);
    try {
      const pending = advance(this);
      this.wait?.start(pending);
    } catch (error) {
      void crashed(this, error);
    }
  }
}

/** Runs to the end, or to the first promise. Always returns a promise of the result. */
export function run(invocation: Invocation): Promise<AnyInvokeResult> {
  const { signal } = invocation.options;
  let pending: Pending;
  try {
    const isRefused = invocation.stopped !== undefined;
    pending =
      !isRefused && signal !== undefined && isAborted(signal)
        ? abort(invocation)
        : advance(invocation);
  } catch (error) {
    return crashed(invocation, error);
  }
  if (invocation.result !== undefined) return invocation.audited ?? settled(invocation.result);
  const promise = new PromiseAtLoad<AnyInvokeResult>(takeSettle);
  invocation.settle = lastSettle;
  // Kept no longer: it would pin the run's result.
  lastSettle = undefined;
  invocation.wait?.start(pending);
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
 * Runs serial steps until one must be waited for, then the concurrent phase, then the end.
 *
 * A handler may make the host abort, so check `result` after each call of foreign code: the run may
 * be over.
 */
function advance(run: Invocation): Pending {
  const { serial, timed, runtime } = run.compiled;
  const { signal } = run.options;
  while (run.index < serial.length) {
    const step = serial[run.index] as Step;
    if (run.stopped !== undefined) return finish(run, run.stopped, step.position);
    if (step.guarded && !mayRun(run, step)) {
      goOn(run);
      continue;
    }
    if (signal !== undefined && isAborted(signal)) return abort(run);
    if (timed) run.startedAt = intrinsics.monotonicNow();
    const { handler } = step;
    const context = new runtime.Context(step, run);
    const view = step.extensions ? run.viewFor(step) : undefined;
    run.before = run.extensions;
    run.context = context;
    run.given = view;
    let returned: unknown;
    try {
      returned =
        view === undefined ? handler(run.payload, context) : handler(run.payload, context, view);
    } catch (thrown) {
      const end = failThrown(run, step, thrown);
      if (run.result !== undefined) return undefined;
      if (end !== undefined) return finish(run, end, step.position + 1);
      goOn(run);
      continue;
    }
    if (run.result !== undefined) {
      if (isAwaitable(returned)) unowned(returned);
      return undefined;
    }
    if (returned !== undefined || timed || run.again) {
      if (step.isAsync || isAwaitable(returned)) {
        run.wait ??= new Wait(run);
        run.wait.under(step.deadline);
        return step.isAsync
          ? (returned as Promise<unknown>)
          : promiseOf(returned as PromiseLike<unknown>, run.wait);
      }
      const end = takeReturned(run, step, returned, view, run.before);
      if (end !== undefined) return finish(run, end, step.position + 1);
    }
    goOn(run);
  }
  if (run.stopped !== undefined) return finish(run, run.stopped, run.compiled.firstConcurrent);
  if (run.compiled.concurrent.length === 0) return finish(run, undefined, -1);
  if (isAborted(signal)) return abort(run);
  return runConcurrent(run);
}

/**
 * Goes on to the next serial step. With the `recheck` option, a payload that a step changed is put
 * again to the steps before it that may halt.
 */
function goOn(run: RunState): void {
  const { serial } = run.compiled;
  run.index += 1;
  if (run.index === serial.length && run.changedAt > 0 && run.options.recheck === true) {
    run.again = true;
    run.log.askAgain();
    run.index = 0;
  }
  if (!run.again) return;
  while (run.index < run.changedAt && !(serial[run.index] as Step).mayHalt) run.index += 1;
  if (run.index < run.changedAt) return;
  run.again = false;
  run.changedAt = -1;
  run.index = serial.length;
}

/** With `recheck: "only"` handlers are asked as if they had allowed another payload before. */
function askAgainOnly(run: RunState): void {
  const { serial, background } = run.compiled;
  const all = concat(serial, background);
  for (let i = 0; i < all.length; i++) {
    const step = all[i] as Step;
    if (!step.mayHalt) run.log.record(step, { status: "skipped", reason: "It may not deny." });
  }
  run.again = true;
  run.changedAt = serial.length;
  run.index = -1;
  goOn(run);
}

/** Starts the concurrent phase. Its end is called at once, unless a handler must be waited for. */
function runConcurrent(run: Invocation): undefined {
  run.wait?.under(undefined);
  run.context = undefined;
  run.given = undefined;
  const phase = new ConcurrentPhase(run, () => endConcurrent(run, phase));
  run.phase = phase;
  phase.start();
}

function endConcurrent(run: Invocation, phase: ConcurrentPhase): void {
  if (run.result !== undefined) return;
  try {
    if (phase.cutShort) {
      abort(run);
      return;
    }
    const end = phase.join() ?? run.stopped;
    finish(run, end, end === undefined ? -1 : run.compiled.firstBackground);
  } catch (error) {
    void crashed(run, error);
  }
}

/** Watches the host's signal while the run waits. */
function listen(run: Invocation, signal: AbortSignal): void {
  const onAbort = () => abort(run);
  run.unlisten = whenAborted(signal, onAbort);
  if (isAborted(signal)) onAbort();
}

/** The host gave up. What was merged stays; a handler that still runs sees it by its own signal. */
function abort(run: Invocation): undefined {
  if (run.result !== undefined) return undefined;
  const { context, phase, step } = run;
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

/**
 * A handler left the dispatcher no stack to go on with. The run fails once the stack is unwound, and
 * keeps everything merged so far.
 */
async function crashed(run: Invocation, error: unknown): Promise<AnyInvokeResult> {
  // Before the stack is unwound a call may fail, so the run makes room for others without one.
  const wasCounted = run.counted;
  if (wasCounted) run.runtime.inFlight -= 1;
  run.counted = false;
  run.ending = "errored";
  run.dropWait(true);
  await undefined;
  if (wasCounted) run.runtime.counts.errored += 1;
  const { step } = run;
  const reason = `The run of ${run.hook} could not go on.`;
  if (step !== undefined) {
    reportThrown(run, step, error);
    run.log.addError(step, "handler_error", reason);
    noteError(run, step, "crash", reason);
  }
  const from = step?.position ?? run.compiled.firstConcurrent;
  const plugin = step === undefined ? {} : { plugin: step.plugin.name };
  finish(run, intrinsics.freeze({ ...plugin, code: "handler_error", reason }), from);
  return run.audited === undefined ? (run.result as AnyInvokeResult) : await run.audited;
}
