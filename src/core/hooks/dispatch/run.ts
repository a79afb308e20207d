/** Runs an invocation: the serial phases, then the concurrent one, then the background. */
import { intrinsics, isAwaitable } from "../../data/index.ts";
import type { Violation } from "../results.ts";
import { chooseBackground, runBackground } from "./background.ts";
import type { Step } from "./compiled-hook.ts";
import { ConcurrentPhase } from "./concurrent.ts";
import { endTurn, type HandlerContext, newContext } from "./context.ts";
import { awaitsAudit, resultAfterAudit } from "./held.ts";
import type { Invocation } from "./invocation.ts";
import { joinOuter } from "./nested.ts";
import type { PendingWait } from "./pending-wait.ts";
import type { AnyInvokeResult } from "./records.ts";
import { isAborted, whenAborted } from "./signals.ts";
import { tellThrown } from "./tell-thrown.ts";
import { promiseOf, settledTo, unowned } from "./thenable.ts";
import { fail, failThrown, mayRun, noteError, takeReturned } from "./turn.ts";

const PromiseAtLoad = Promise;

/** Something the run waits for; `undefined` when the run is over. */
type Pending = PromiseLike<unknown> | undefined;

/** Runs to the end, or to the first promise. Always gives a promise of the result. */
export function run(invocation: Invocation): Promise<AnyInvokeResult> {
  const { signal } = invocation.options;
  let pending: Pending;
  try {
    pending = isAborted(signal) ? abort(invocation) : advance(invocation);
  } catch (error) {
    return crashed(invocation, error);
  }
  if (pending === undefined)
    return invocation.waited?.held ?? settled(invocation.result as AnyInvokeResult);
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
 * The dispatcher itself could not go on: a handler left it no stack. The run ends as a failure
 * once the stack is unwound, with everything merged so far.
 */
async function crashed(run: Invocation, error: unknown): Promise<AnyInvokeResult> {
  release(run);
  run.dropWait(true);
  await undefined;
  const step = serialStep(run);
  const reason = `The run of ${run.compiled.hook} could not go on.`;
  if (step !== undefined) {
    tellThrown(run, step, error);
    run.log.addError(step, "handler_error", reason);
    noteError(run, step, "crash", reason);
  }
  run.ending = "errored";
  const from = step?.position ?? run.compiled.firstConcurrent;
  const plugin = step === undefined ? {} : { plugin: step.plugin.name };
  finish(run, intrinsics.freeze({ ...plugin, code: "handler_error", reason }), from);
  const held = run.waited?.held;
  return held === undefined ? (run.result as AnyInvokeResult) : await held;
}

/**
 * Runs serial steps until one must be waited for, then the concurrent phase, then the end.
 *
 * A handler may make the host abort. So after each call of foreign code comes a look at
 * `result`: the run may be over.
 */
function advance(run: Invocation): Pending {
  const { serial, timed, runtime } = run.compiled;
  const { signal } = run.options;
  while (run.index < serial.length) {
    const step = serial[run.index] as Step;
    if (run.overfull !== undefined) return finish(run, run.overfull, step.position);
    if (step.guarded && !mayRun(run, step)) {
      run.goOn();
      continue;
    }
    if (isAborted(signal)) return abort(run);
    if (timed) run.waiting.startedAt = intrinsics.monotonicNow();
    const { handler } = step;
    const before = run.extensions;
    const context = newContext(runtime.Context, step, run);
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
  if (run.overfull !== undefined) return finish(run, run.overfull, run.compiled.firstConcurrent);
  if (run.compiled.concurrent.length === 0) return finish(run, undefined, -1);
  if (isAborted(signal)) return abort(run);
  run.waitUnder(undefined);
  run.context = undefined;
  const phase = new ConcurrentPhase(run);
  run.waiting.phase = phase;
  return phase.start() ?? endConcurrent(run, phase);
}

function endConcurrent(run: Invocation, phase: ConcurrentPhase): Pending {
  if (run.result !== undefined) return undefined;
  if (phase.cutShort) return abort(run);
  const end = phase.join() ?? run.overfull;
  return finish(run, end, end === undefined ? -1 : run.compiled.firstBackground);
}

/** The serial step whose turn it is. Beyond the last one a patched prototype would answer. */
function serialStep({ compiled: { serial }, index }: Invocation): Step | undefined {
  return index < serial.length ? serial[index] : undefined;
}

/**
 * Waits for what `advance` gave, again and again, until the run is over or went on without it.
 * Holds the ticket and nothing else of the run while it waits. A frame that saw a value may keep
 * it in a register, whatever becomes of its variables; so that one waits no more.
 */
async function resume(pendingWait: PendingWait<Invocation>, pending: Pending): Promise<void> {
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

function goOn(pendingWait: PendingWait<Invocation>, threw: boolean, outcome: unknown): Pending {
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

function afterWait(run: Invocation, step: Step, threw: boolean, returned: unknown): Pending {
  const end = threw
    ? failThrown(run, step, returned)
    : takeReturned(run, step, returned, run.given, run.before);
  if (run.result !== undefined) return undefined;
  if (end !== undefined) return finish(run, end, step.position + 1);
  run.goOn();
  return advance(run);
}

/** The deadline of the handler that is waited for is over: the run goes on without it. */
export function expire(run: Invocation): void {
  const step = run.compiled.serial[run.index] as Step;
  run.dropWait(true, step);
  const end = fail(run, step, "handler_timeout", "timeout");
  endTurn(run.context as HandlerContext);
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
function listen(run: Invocation, signal: AbortSignal): void {
  const onAbort = () => abort(run);
  run.waiting.unlisten = whenAborted(signal, onAbort);
  if (isAborted(signal)) onAbort();
}

/** The host gave up. What was merged stays; whoever runs is told by its own signal. */
function abort(run: Invocation): undefined {
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

/** The run is no longer in flight. */
function release(run: Invocation): void {
  if (!run.counted) return;
  run.compiled.runtime.inFlight -= 1;
  run.counted = false;
}

/** Ends the run, and tells whoever waits: at once, or when a strict audit trail lets it go. */
function finish(run: Invocation, violation: Violation | undefined, from: number): undefined {
  if (run.result !== undefined) return undefined;
  const { compiled, options } = run;
  const mayGoOn = violation === undefined && options.recheck !== "only";
  const chosen = mayGoOn && compiled.background.length > 0 ? chooseBackground(run) : undefined;
  const result = run.finish(violation, from);
  if (run.waited !== undefined && awaitsAudit(run)) {
    run.waited.held = hold(run, result, chosen);
    joinOuter(run);
    return undefined;
  }
  run.compiled.runtime.counts.end(run.ending);
  release(run);
  joinOuter(run);
  conclude(run, result, chosen);
  return undefined;
}

async function hold(
  run: Invocation,
  result: AnyInvokeResult,
  chosen: readonly Step[] | undefined,
): Promise<AnyInvokeResult> {
  const told = await resultAfterAudit(run, result);
  if (told !== result) run.ending = "denied";
  run.compiled.runtime.counts.end(run.ending);
  release(run);
  conclude(run, told, told === result ? chosen : undefined);
  return told;
}

/** Tells whoever waits, and starts the background of a run that was not halted. */
function conclude(run: Invocation, result: AnyInvokeResult, chosen?: readonly Step[]): void {
  run.settle?.(result);
  if (chosen !== undefined) runBackground(run, chosen);
  const { runtime } = run.compiled;
  if (runtime.inFlight === 0) runtime.onIdle?.();
}
