/**
 * One run of a message hook: the serial phases, then the concurrent one, then the end.
 *
 * A run is synchronous until a handler returns a promise; then it waits for that promise only. A
 * handler may make the host abort, so check `result` after each call of foreign code: the run may
 * be over.
 */
import {
  concat,
  currentScope,
  forEach,
  freeze,
  isAwaitable,
  mapped,
  monotonicNow,
  none,
  PromiseAtLoad,
} from "../../data/intrinsics.ts";
import type { Slots } from "../../envelope/index.ts";
import { dropPromises } from "../../schema/index.ts";
import type { Violation } from "../results.ts";
import { chooseBackground, runBackground } from "./background.ts";
import { ConcurrentPhase } from "./concurrent.ts";
import { endTurn } from "./context.ts";
import { expectRoom } from "./exclusive.ts";
import { mayRun } from "./may-run.ts";
import { type MessageRun, noMetadata, notRun, viewFor } from "./message-run.ts";
import { endOfNested, joinOuter } from "./nested.ts";
import { failureBy, reportFailure } from "./report.ts";
import { isAborted, whenAborted } from "./signals.ts";
import { failLate, failThrown, type TurnEnd, takeReturned } from "./turn.ts";
import type { AnyInvokeResult, Step } from "./types.ts";
import { ignoreRejection, type Pending, promiseOf, Wait, type WaitRules } from "./wait.ts";

/** Runs to the end, or to the first promise. Always returns a promise of the result. */
export function run(run: MessageRun): Promise<AnyInvokeResult> {
  const { signal, recheck } = run.options;
  let pending: Pending;
  try {
    if (recheck === "only") recheckOnly(run);
    const isRefused = run.stopped !== undefined;
    const gaveUp = !isRefused && signal !== undefined && isAborted(signal);
    pending = gaveUp ? abort(run) : advance(run);
  } catch (error) {
    return crash(run, error);
  }
  if (run.result !== undefined) return run.audited ?? settled(run.result);
  const promise = new PromiseAtLoad<AnyInvokeResult>((settle) => {
    run.settle = settle;
  });
  try {
    run.wait?.start(pending);
    if (signal !== undefined) listen(run, signal);
  } catch (error) {
    void crash(run, error);
  }
  return promise;
}

// An async function makes its promise inside the engine, out of reach of patched prototypes.
export async function settled(result: AnyInvokeResult): Promise<AnyInvokeResult> {
  return result;
}

/** Runs the remaining serial steps, the concurrent phase and the end. Returns early to wait. */
function advance(run: MessageRun): Pending {
  const { serial, concurrent, timed, runtime, firstConcurrent } = run.compiled;
  const { signal } = run.options;
  for (; run.index < serial.length; goOn(run)) {
    const step = serial[run.index] as Step;
    if (run.stopped !== undefined) return finish(run, run.stopped, step.position);
    if (step.guarded && !mayRun(run, step)) continue;
    if (signal !== undefined && isAborted(signal)) return abort(run);
    if (timed) run.startedAt = monotonicNow();
    const { handler } = step;
    const context = new runtime.Context(step, run);
    const view = step.extensions ? viewFor(run, step, run.extensions) : undefined;
    run.before = run.extensions;
    run.context = context;
    run.view = view;
    let threw = false;
    let outcome: unknown;
    try {
      outcome =
        view === undefined ? handler(run.payload, context) : handler(run.payload, context, view);
    } catch (thrown) {
      threw = true;
      outcome = thrown;
    }
    // An async function is known to return a promise: row D12 of tools/bench/report.md.
    if (!threw && (step.isAsync || isAwaitable(outcome))) {
      const pending = outcome as PromiseLike<unknown>;
      return run.result === undefined ? waitFor(run, step, pending) : ignoreRejection(pending);
    }
    if (!threw && run.result !== undefined) return void dropPromises(outcome);
    const end = threw ? failThrown(run, step, outcome) : takeReturned(run, step, outcome);
    if (run.result !== undefined) return undefined;
    if (end !== undefined) return finish(run, end, step.position + 1);
  }
  if (run.stopped !== undefined) return finish(run, run.stopped, firstConcurrent);
  if (signal !== undefined && isAborted(signal)) return abort(run);
  return concurrent.length === 0 ? finish(run, undefined, -1) : runConcurrent(run);
}

/** Starts a handler's deadline, and returns the promise to wait for. */
function waitFor(run: MessageRun, step: Step, pending: PromiseLike<unknown>): Pending {
  run.wait ??= new Wait(run, serialWait, currentScope());
  run.wait.under(step.deadline);
  return step.isAsync ? pending : promiseOf(pending, run.wait);
}

/** How a run goes on after waiting for a serial step. */
const serialWait: WaitRules<MessageRun> = {
  settled(run, threw, outcome) {
    try {
      const step = run.step as Step;
      const end = threw ? failThrown(run, step, outcome) : takeReturned(run, step, outcome);
      return next(run, step, end);
    } catch (error) {
      void crash(run, error);
      return undefined;
    }
  },
  expired(run) {
    const step = run.step as Step;
    run.dropWait(step);
    const end = failLate(run, step);
    if (run.context !== undefined) endTurn(run.context);
    try {
      const pending = next(run, step, end);
      run.wait?.start(pending);
    } catch (error) {
      void crash(run, error);
    }
  },
};

/** Goes on after a handler's turn that was waited for. */
function next(run: MessageRun, step: Step, end: TurnEnd): Pending {
  if (run.result !== undefined) return undefined;
  if (end !== undefined) return finish(run, end, step.position + 1);
  goOn(run);
  return advance(run);
}

/**
 * Goes to the next serial step. With the `recheck` option, a payload that a step changed is given
 * once more to the earlier steps that may halt.
 */
function goOn(run: MessageRun): void {
  const { serial } = run.compiled;
  run.recorded = false;
  run.index += 1;
  if (run.index === serial.length && run.changedAt > 0 && run.options.recheck === true) {
    run.rechecking = true;
    run.log.startRecheck();
    run.index = 0;
  }
  if (!run.rechecking) return;
  while (run.index < run.changedAt && !(serial[run.index] as Step).mayHalt) run.index += 1;
  if (run.index < run.changedAt) return;
  run.rechecking = false;
  run.changedAt = -1;
  run.index = serial.length;
}

/** With `recheck: "only"`, calls handlers as if they had allowed an earlier payload. */
function recheckOnly(run: MessageRun): void {
  const { serial, background } = run.compiled;
  forEach(concat(serial, background), (step) => {
    if (!step.mayHalt) run.log.record(step, { status: "skipped", reason: "It may not deny." });
  });
  run.rechecking = true;
  run.changedAt = serial.length;
  run.index = -1;
  goOn(run);
}

/** Starts the concurrent phase. It ends at once, unless a handler must be waited for. */
function runConcurrent(run: MessageRun): undefined {
  run.wait?.under(undefined);
  run.context = undefined;
  run.view = undefined;
  const phase = new ConcurrentPhase(run, () => endConcurrent(run, phase));
  run.phase = phase;
  phase.begin();
}

function endConcurrent(run: MessageRun, phase: ConcurrentPhase): void {
  if (run.result !== undefined) return;
  try {
    const end = phase.takeAll() ?? run.stopped;
    if (end === undefined && isAborted(run.options.signal)) {
      abort(run);
      return;
    }
    finish(run, end, end === undefined ? -1 : run.compiled.firstBackground);
  } catch (error) {
    void crash(run, error);
  }
}

/** Watches the host's signal while the run waits. */
function listen(run: MessageRun, signal: AbortSignal): void {
  const onAbort = () => {
    try {
      abort(run, true);
    } catch (error) {
      void crash(run, error);
    }
  };
  run.unlisten = whenAborted(signal, onAbort);
  if (isAborted(signal)) onAbort();
}

/**
 * The host aborts. What was merged stays; a running handler learns of it by its own signal.
 * `inTurn`: whether that happens in the turn of a handler, and not between two.
 */
function abort(run: MessageRun, inTurn = false): undefined {
  if (run.isEnding) return undefined;
  const { context, phase, step } = run;
  run.dropWait();
  let from = step?.position ?? run.compiled.firstConcurrent;
  let end: TurnEnd;
  if (phase !== undefined) {
    end = phase.cancel();
    from = run.compiled.firstBackground;
  } else if (inTurn && step !== undefined) {
    if (!run.recorded)
      run.record(step, { status: "cancelled", effectiveAllow: false, errorCode: "aborted" });
    from += 1;
  }
  // Only a handler's denial stands: it may have failed for the reason for which the host aborts.
  if (end === undefined || run.ending !== "denied") {
    run.ending = "aborted";
    end = freeze({ code: "aborted", reason: "The host aborted the invocation." });
  }
  finish(run, end, from);
  // Last, because this runs the plugin's listeners.
  if (inTurn && context !== undefined) endTurn(context);
  phase?.endTurns();
  return undefined;
}

/**
 * A handler left the dispatcher too little stack to go on. The run fails once the stack is unwound,
 * and keeps everything merged so far. Until then any call may fail, so nothing is called.
 */
async function crash(run: MessageRun, error: unknown): Promise<AnyInvokeResult> {
  const { counted, wait, compiled } = run;
  const { runtime } = compiled;
  run.counted = false;
  run.isEnding = run.result !== undefined;
  if (counted) runtime.inFlight -= 1;
  // What the run waits for may not go on with it meanwhile.
  if (wait !== undefined) wait.owner = undefined;
  await undefined;
  const isMade = run.result !== undefined;
  if (counted) runtime.counts[isMade ? run.ending : "errored"] += 1;
  if (!isMade) fail(run, error);
  else if (counted && run.audited === undefined) deliver(run, run.result as AnyInvokeResult);
  return run.audited === undefined ? (run.result as AnyInvokeResult) : await run.audited;
}

/** Ends a run that could not continue. */
function fail(run: MessageRun, error: unknown): void {
  const { step, phase } = run;
  run.dropWait();
  phase?.stop();
  const reason = `The run of ${run.hook} could not continue.`;
  if (step !== undefined) {
    const code = "handler_error";
    reportFailure(run, step, { ...failureBy(run, error), code, type: "crash", text: reason });
    run.log.addError(step, code, reason);
  }
  const from = step?.position ?? run.compiled.firstConcurrent;
  const plugin = step === undefined ? {} : { plugin: step.plugin.name };
  finish(run, freeze({ ...plugin, code: "handler_error", reason }), from);
  phase?.endTurns();
}

/**
 * Ends a run, once: passes what it added to the run around it, makes its result, and lets a strict
 * audit trail deny. `from`: the record position from which nothing ran, or -1 if all of it did.
 */
function finish(run: MessageRun, violation: Violation | undefined, from: number): undefined {
  if (run.isEnding) return undefined;
  run.isEnding = true;
  const mayStart = violation === undefined && run.options.recheck !== "only";
  const hasBackground = mayStart && run.compiled.background.length > 0;
  run.chosen = hasBackground ? chooseBackground(run) : none;
  if (from >= 0) run.log.skipFrom(from);
  const { given, parent } = run.options;
  // First: if the stack ends here, there is no result that a handler could take without its labels.
  if (parent !== undefined) joinOuter(run, parent);
  const isJoined = given !== undefined && parent !== undefined;
  const shown = isJoined ? endOfNested(run, given, parent) : run.extensions;
  const result = resultOf(run, violation, shown);
  run.result = result;
  deliver(run, result);
  return undefined;
}

/** How many stack frames must be free to wait for the audit trail: it may not end in between. */
const auditFrames = 200;

/** Delivers the result of a run, once more if the stack ended the first time. */
function deliver(run: MessageRun, result: AnyInvokeResult): void {
  run.context = undefined;
  run.wait?.under(undefined);
  run.unlisten?.();
  if (run.receipts !== undefined && run.runtime.audit?.strict === true) {
    expectRoom(auditFrames);
    run.audited = concludeAudited(run, result);
  } else conclude(run, result);
}

/** Settles the run's promise, and starts the background handlers that were chosen. */
function conclude(run: MessageRun, result: AnyInvokeResult): void {
  const { runtime } = run.compiled;
  if (run.counted) {
    run.counted = false;
    runtime.inFlight -= 1;
    runtime.counts[run.ending] += 1;
  }
  run.settle?.(result);
  if (run.chosen.length > 0) runBackground(run, run.chosen);
  if (runtime.inFlight === 0) runtime.onIdle?.();
}

/** Concludes once the audit trail kept all notes. As soon as it lost one, the run is denied. */
async function concludeAudited(run: MessageRun, result: AnyInvokeResult): Promise<AnyInvokeResult> {
  const { background } = run.runtime;
  const { chosen } = run;
  const areKept = run.receipts?.areKept();
  // Meanwhile other runs choose, too.
  background.hold(chosen);
  const isKept = (await areKept) === true;
  background.hold(chosen, -1);
  // A denial stands, with its own reason.
  if (isKept || result.violation !== undefined) {
    conclude(run, result);
    return result;
  }
  run.ending = "denied";
  const denied = deniedByAudit(run, result);
  run.chosen = none;
  conclude(run, denied);
  return denied;
}

/** Makes the result of a run. For a hook without handlers, nothing else is made. */
export function resultOf(
  {
    compiled,
    payload,
    scope,
    written,
  }: Pick<MessageRun, "compiled" | "payload" | "scope" | "written">,
  violation: Violation | undefined,
  extensions: Slots,
): AnyInvokeResult {
  const said = written?.close();
  return freeze({
    continueProcessing: violation === undefined,
    payload,
    extensions,
    violation,
    rejections: said?.rejections ?? none,
    errors: said?.errors ?? none,
    executions: said?.executions ?? compiled.plainExecutions,
    metadata: said?.metadata ?? noMetadata,
    context: scope,
    // biome-ignore lint/suspicious/noThenProperty: without an own `then`, a patched prototype could capture the result.
    then: undefined,
  });
}

function deniedByAudit({ compiled }: MessageRun, result: AnyInvokeResult): AnyInvokeResult {
  const executions = mapped(result.executions, (record) => {
    if (record.status !== "started") return record;
    return freeze({ ...record, ...notRun });
  });
  const reason = `The audit trail did not accept the events of ${compiled.hook}.`;
  return freeze({
    ...result,
    continueProcessing: false,
    violation: freeze({ code: "audit_failed", reason }),
    executions: freeze(executions),
    // biome-ignore lint/suspicious/noThenProperty: no patched prototype turns it into a promise.
    then: undefined,
  });
}
