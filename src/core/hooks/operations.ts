/**
 * Runs hooks of all semantics but `message`, from the first handler to the answer: the run, the
 * turns of its handlers, and what each semantic makes of a turn.
 *
 * A run keeps its answer in a field until it is concluded. A value that passes through a promise
 * has its `then` looked up, and a plugin may have put one on a prototype.
 */
import { admit, decisive, dropPromise, type Limits } from "../data/index.ts";
import { freeze, isAwaitable, monotonicNow, newMap } from "../data/intrinsics.ts";
import type { Slots } from "../envelope/index.ts";
import { formatProblems, GlassineError, PluginExecutionError, quoteName } from "../errors/index.ts";
import { type Compiled, dropPromises } from "../schema/index.ts";
import { endTurn } from "./dispatch/context.ts";
import { type ShownView, viewFor } from "./dispatch/message-run.ts";
import {
  type AuditReceipts,
  type Failure,
  failureBy,
  lateFailure,
  noteDenied,
  reportFailure,
  secretsOf,
} from "./dispatch/report.ts";
import type { RequestScope } from "./dispatch/scope.ts";
import { isAborted } from "./dispatch/signals.ts";
import type {
  AnyRun,
  Ending,
  HandlerStep,
  ManagerRuntime,
  PluginContext,
  RunOptions,
} from "./dispatch/types.ts";
import { callWithin, type HandlerEnd, joinsPromise, timedOut } from "./dispatch/wait.ts";
import { allow, answerOf, deniedBy, rejectionOf } from "./results.ts";
import { addDeltas, type Sums, typeOf } from "./scores.ts";
import type { Semantic } from "./semantics.ts";

/** A hook of any semantic but `message`, compiled when the manager is made. */
export interface CompiledOperation {
  readonly hook: string;
  readonly semantic: Exclude<Semantic, "message">;
  readonly payload: Compiled;
  readonly operation: Compiled | undefined;
  /** In the order in which they run. */
  readonly steps: readonly HandlerStep[];
  readonly strict: boolean;
  readonly required: boolean;
  readonly keeps: ((given: unknown, got: unknown, plugin: string) => unknown) | undefined;
  /** The limits of the payload, and of what a filter chain's handlers return. */
  readonly limits: Limits;
  readonly runtime: ManagerRuntime;
}

/** How a handler's turn ended; `pending` if it has not. */
type TurnHow = "pending" | HandlerEnd["how"];

/** One run. Its payload is the host's; in a filter chain, it is the current value. */
export class OperationRun implements AnyRun {
  readonly compiled: CompiledOperation;
  readonly scope: RequestScope;
  readonly options: RunOptions;
  readonly extensions: Slots;
  payload: unknown;
  shown: ShownView | undefined = undefined;
  receipts: AuditReceipts | undefined = undefined;
  /** How the current turn ended, and what the handler returned or threw. */
  how: TurnHow = "pending";
  outcome: unknown = undefined;
  /** The run's answer, and how it ended. `ending` is `undefined` until it has. */
  answer: unknown = undefined;
  ending: Ending | undefined = undefined;
  /** Why the run has no answer. */
  error: Error | undefined = undefined;

  constructor(
    compiled: CompiledOperation,
    payload: unknown,
    extensions: Slots,
    scope: RequestScope,
    options: RunOptions,
  ) {
    this.compiled = compiled;
    this.payload = payload;
    this.extensions = extensions;
    this.scope = scope;
    this.options = options;
  }

  get hook(): string {
    return this.compiled.hook;
  }

  get runtime(): ManagerRuntime {
    return this.compiled.runtime;
  }

  isOver(_step: HandlerStep): boolean {
    return this.ending !== undefined;
  }

  /** Ends the run with an answer. */
  end(ending: Ending, answer: unknown): void {
    this.answer = answer;
    this.ending = ending;
  }

  /** Ends the run with an error instead of an answer. */
  fail(ending: "errored" | "aborted", error: Error): void {
    this.error = error;
    this.ending = ending;
  }
}

/**
 * Resolves to the answer of the hook's semantic.
 *
 * @throws (as a rejection) PluginExecutionError `execution_failed`; GlassineError `aborted`,
 *   `audit_failed`, `realm_tampered`
 */
export async function operate(run: OperationRun): Promise<unknown> {
  const { runtime, semantic } = run.compiled;
  runtime.inFlight += 1;
  runtime.counts.started += 1;
  try {
    try {
      await eachInTurn(run, semanticRules[semantic]);
    } catch (error) {
      // A handler left the run too little stack to go on.
      run.fail("errored", couldNotContinue(run, error));
    }
    if (runtime.audit?.strict === true) await failUnlessAudited(run);
    return concluded(run);
  } finally {
    runtime.inFlight -= 1;
    runtime.counts[run.ending ?? "errored"] += 1;
    if (runtime.inFlight === 0) runtime.onIdle?.();
  }
}

function couldNotContinue(run: OperationRun, cause: unknown): GlassineError {
  const text = `The run of '${run.hook}' could not continue.`;
  return new GlassineError("handler_error", text, { hook: run.hook }, cause);
}

/** Fails a run whose notes the audit trail did not accept. A denial stands. */
async function failUnlessAudited(run: OperationRun): Promise<void> {
  if (run.receipts === undefined || (await run.receipts.areKept()) === true) return;
  if (run.ending === "denied") return;
  const text = `The audit trail did not accept the events of '${run.hook}'.`;
  run.fail("errored", new GlassineError("audit_failed", text, { hook: run.hook }, run.error));
}

function concluded(run: OperationRun): unknown {
  const { answer } = run;
  const isAnswered = run.error === undefined && typeof answer === "object" && answer !== null;
  if (isAnswered && joinsPromise(answer)) {
    const text = "A `then` on a prototype would replace the run's answer.";
    run.fail("errored", new GlassineError("realm_tampered", text, { hook: run.hook }));
  }
  if (run.error !== undefined) throw run.error;
  // A patched promise resumed the run too early: there is no answer, so do not make one up.
  if (run.ending === undefined) throw couldNotContinue(run, undefined);
  return answer;
}

/** Gives each handler its turn, one after another, until the run has ended. */
async function eachInTurn(run: OperationRun, { take, end }: SemanticRules): Promise<void> {
  const { steps, runtime } = run.compiled;
  const { meter } = runtime;
  for (let i = 0; i < steps.length; i++) {
    const step = steps[i] as HandlerStep;
    const startedAt = monotonicNow();
    const waiting = startTurn(run, step);
    // A synchronous result is read at once, before any other code can run.
    if (waiting !== undefined) await waiting;
    if (run.how === "aborted") endAborted(run);
    else {
      meter?.turn(step, monotonicNow() - startedAt);
      const failure = take(run, step);
      if (failure !== undefined) run.fail("errored", failure);
    }
    if (run.ending !== undefined) return;
  }
  if (isAborted(run.options.signal)) endAborted(run);
  else end(run);
}

/** Gives a handler its turn, and puts the outcome into `how` and `outcome`. */
function startTurn(run: OperationRun, step: HandlerStep): Promise<void> | undefined {
  const { options, payload, runtime } = run;
  run.how = "pending";
  run.outcome = undefined;
  if (isAborted(options.signal)) return ended(run, "aborted", undefined);
  const context = new runtime.Context(step, run);
  const { handler } = step;
  const call = () =>
    step.extensions
      ? handler(payload, context, viewFor(run, step, run.extensions))
      : handler(payload, context);
  const latePolicy = { lateCounters: runtime.lateCounters, step, counts: true };
  const end = callWithin(call, step, latePolicy, options.signal);
  return isAwaitable(end) ? awaitTurn(run, context, end) : tookTurn(run, context, end);
}

async function awaitTurn(
  run: OperationRun,
  context: PluginContext,
  pending: Promise<HandlerEnd>,
): Promise<void> {
  tookTurn(run, context, await pending);
}

function tookTurn(
  run: OperationRun,
  context: PluginContext,
  { how, value }: HandlerEnd,
): undefined {
  if (how === "timeout" || how === "aborted") endTurn(context);
  ended(run, how, value);
}

/** Sets how the turn ended. The wrapper of a handler behind a lock throws a marker on a timeout. */
function ended(run: OperationRun, how: TurnHow, outcome: unknown): undefined {
  const isMarker = how === "threw" && outcome === timedOut;
  run.how = isMarker ? "timeout" : how;
  run.outcome = isMarker ? undefined : outcome;
}

/** Ends an aborted run. A fire-and-forget hook still resolves, unless it is strict. */
function endAborted(run: OperationRun): void {
  const { semantic, strict } = run.compiled;
  if (semantic === "fire_and_forget" && !strict) run.end("aborted", undefined);
  else run.fail("aborted", abortedError(run));
}

/** What distinguishes one semantic from another. */
interface SemanticRules {
  /** Handles the outcome of a turn. Returns the error if the run fails with one. */
  readonly take: (run: OperationRun, step: HandlerStep) => PluginExecutionError | undefined;
  /** Ends a run that no handler has ended. */
  readonly end: (run: OperationRun) => void;
}

const semanticRules: { readonly [S in CompiledOperation["semantic"]]: SemanticRules } = {
  // In order, until one handler denies. Anything that is not a vote is a failure, never an allow.
  voting: { take: takeVote, end: endVote },
  // Each handler gets the value that the one before it returned.
  filter_chain: { take: takeValue, end: (run) => run.end("allowed", run.payload) },
  // Each handler sees the same list, and the numbers they return are summed by id.
  score_delta: {
    take: takeDeltas,
    end: (run) => run.end("allowed", freeze(sumsOf(run))),
  },
  // Each handler is notified. A strict hook fails at the first failure.
  fire_and_forget: { take: takeNotification, end: (run) => run.end("allowed", undefined) },
};

const allowed: unknown = allow();
const notImplemented = deniedBy({ code: "not_implemented", reason: "not implemented" });

function takeVote(run: OperationRun, step: HandlerStep): PluginExecutionError | undefined {
  const { how, outcome } = run;
  const answer = how === "threw" ? rejectionOf(outcome) : answerOf(outcome);
  if (how === "returned" && answer === "allow") return undefined;
  if (answer !== undefined && answer !== "allow") {
    const denial = deniedBy({ ...answer, plugin: step.plugin.name });
    noteDenied(run, step, "denied", denial.reason);
    run.end("denied", denial);
    return undefined;
  }
  if (how !== "returned") return failedTurn(run, step);
  dropPromises(outcome);
  return brokenContract(run, step, `returned ${typeOf(outcome)}; expected Allow or Deny`);
}

function endVote(run: OperationRun): void {
  const { steps, required } = run.compiled;
  if (required && steps.length === 0) run.end("denied", notImplemented);
  else run.end("allowed", allowed);
}

function takeDeltas(run: OperationRun, step: HandlerStep): PluginExecutionError | undefined {
  if (run.how !== "returned") return failedTurn(run, step);
  const fault = addDeltas(sumsOf(run), run.outcome, run.compiled.limits.nodes);
  return fault === undefined ? undefined : brokenContract(run, step, `returned ${fault}`);
}

function takeNotification(run: OperationRun, step: HandlerStep): PluginExecutionError | undefined {
  if (run.how === "returned") {
    dropPromises(run.outcome);
    return undefined;
  }
  const failure = failedTurn(run, step);
  return run.compiled.strict ? failure : undefined;
}

/** Replaces the value with the one returned: copied, checked, frozen. */
function takeValue(run: OperationRun, step: HandlerStep): PluginExecutionError | undefined {
  if (run.how !== "returned") return failedTurn(run, step);
  const { outcome, compiled, payload: given } = run;
  if (outcome === given) return undefined;
  const where = `for filter-chain hook '${compiled.hook}'`;
  if (outcome === undefined || outcome === null)
    return brokenContract(run, step, `returned nothing ${where}`);
  const options = {
    origin: "plugin",
    limits: compiled.limits,
    shapeCode: "payload_shape",
    strict: true,
  } as const;
  const read = admit(compiled.payload.read, outcome, options, given);
  const problem = read.ok
    ? brokenRule(run, step, read.value)
    : formatProblems([decisive(read.problems)]);
  if (problem !== undefined)
    return brokenContract(run, step, `returned an unfit value ${where}: ${problem}`);
  if (read.ok) run.payload = read.value;
  return undefined;
}

/** Returns what the hook's own rule objects to in a value. If the rule fails, no value passes. */
function brokenRule(run: OperationRun, step: HandlerStep, value: unknown): string | undefined {
  const { keeps, runtime } = run.compiled;
  if (keeps === undefined) return undefined;
  let problem: unknown;
  try {
    problem = keeps(run.payload, value, step.plugin.name);
  } catch (thrown) {
    return `the hook's rule failed: ${runtime.describe(thrown, secretsOf(run)).text}`;
  }
  if (problem === undefined) return undefined;
  if (dropPromise(problem)) return "the hook's rule returned a promise";
  return typeof problem === "string"
    ? problem
    : "the hook's rule returned neither a string nor undefined";
}

/** The longest `PLUGIN.FUNCTION` that is shown. The function's name can be any string. */
const maxName = 160;
const named = (name: string): string => quoteName(name, maxName);

/** The error of a turn that ended without an answer: a throw, a timeout, or an unknown end. */
function failedTurn(run: OperationRun, step: HandlerStep): PluginExecutionError {
  const { hook, strict } = run.compiled;
  const failure = failureIn(run, step);
  const where = `${strict ? "audit hook" : "hook"} ${named(hook)}`;
  return failed(run, step, failure, `failed for ${where}: ${failure.text}`);
}

function failureIn(run: OperationRun, step: HandlerStep): Failure {
  if (run.how === "threw") return failureBy(run, run.outcome);
  if (run.how === "timeout") {
    const seconds = ((step.timeoutMs ?? 0) / 1000).toFixed(3);
    const text = `handler ${named(step.name)} timed out for hook ${named(run.hook)} after ${seconds}s`;
    return { ...lateFailure(step), text };
  }
  const text = "it did not answer";
  return { code: "handler_error", what: "did not answer", type: "timeout", text };
}

/** The error of a handler that returned something its hook does not accept. */
function brokenContract(run: OperationRun, step: HandlerStep, what: string): PluginExecutionError {
  const failure = {
    code: "result_shape",
    // The log does not get `text`, because a host's rule may quote the plugin in it.
    what: "returned something that was refused",
    type: "ContractViolation",
    text: what,
  } as const;
  return failed(run, step, failure, what);
}

function failed(
  run: OperationRun,
  step: HandlerStep,
  failure: Failure,
  did: string,
): PluginExecutionError {
  const message = `handler ${named(step.name)} ${did}`;
  const { semantic, strict } = run.compiled;
  // The caller never sees such a failure, so it is logged as a warning.
  const isWarning = semantic === "fire_and_forget" && !strict;
  reportFailure(run, step, failure, isWarning ? message : undefined);
  const { type, text: detail, thrown } = failure;
  const data = { plugin: step.plugin.name, hook: run.hook, handler: step.name, type, detail };
  return new PluginExecutionError(message, data, thrown);
}

function abortedError({ hook }: OperationRun): GlassineError {
  return new GlassineError("aborted", `The host aborted the invocation of ${named(hook)}.`, {
    hook,
  });
}

/** Returns the sums so far, which become the run's answer. */
function sumsOf(run: OperationRun): Sums {
  run.answer ??= newMap(0);
  return run.answer as Sums;
}
