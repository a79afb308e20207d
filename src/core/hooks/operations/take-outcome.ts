/** What each semantic makes of a handler's outcome, and what a run answers that no handler has ended. */
import { intrinsics } from "../../data/index.ts";
import { formatProblems, GlassineError, PluginExecutionError } from "../../errors/index.ts";
import { admit, decisive } from "../../schema/index.ts";
import { note, noteError, reportThrown, secretsOf } from "../dispatch/report.ts";
import type { HandlerStep } from "../dispatch/types.ts";
import { allow, answerOf, deniedBy, rejectionOf } from "../results.ts";
import { quoteName } from "../shown-text.ts";
import type { CompiledOperation, OperationRun } from "./operation-run.ts";
import { addDeltas, sumsOf, typeOf } from "./score-delta.ts";

/** What makes a semantic. */
export interface SemanticRules {
  /** Takes the outcome of a turn. Returns the error that the run fails with. */
  readonly take: (run: OperationRun, step: HandlerStep) => PluginExecutionError | undefined;
  /** Ends a run that no handler has ended. */
  readonly end: (run: OperationRun) => void;
}

export const semanticRules: { readonly [S in CompiledOperation["semantic"]]: SemanticRules } = {
  // The handlers in order, to the first denial. What is not a vote is a failure, never an allow.
  voting: { take: takeVote, end: endVote },
  // Each handler gets the value that the one before it returned.
  filter_chain: { take: takeValue, end: (run) => run.end("allowed", run.payload) },
  // Each handler sees the same list, and the numbers they return are summed by id.
  score_delta: {
    take: takeDeltas,
    end: (run) => run.end("allowed", intrinsics.freeze(sumsOf(run))),
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
    note(run, { kind: "denied", step, code: "denied", reason: denial.reason });
    run.end("denied", denial);
    return undefined;
  }
  if (how !== "returned") return failedTurn(run, step);
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
  if (run.how === "returned") return undefined;
  const failure = failedTurn(run, step);
  if (run.compiled.strict) return failure;
  run.runtime.warn(failure.message);
  return undefined;
}

/** Takes the value over: copied, checked, frozen. */
function takeValue(run: OperationRun, step: HandlerStep): PluginExecutionError | undefined {
  if (run.how !== "returned") return failedTurn(run, step);
  const { outcome, compiled, payload: given } = run;
  if (outcome === given) return undefined;
  const where = `for filter-chain hook '${compiled.hook}'`;
  if (outcome === undefined || outcome === null)
    return brokenContract(run, step, `returned nothing ${where}`);
  const read = admit(compiled.payload, outcome, {
    origin: "plugin",
    limits: compiled.limits,
    shapeCode: "payload_shape",
    strict: true,
    previous: given,
    partial: false,
  });
  const problem = read.ok
    ? brokenRule(run, step, read.value)
    : formatProblems([decisive(read.problems)]);
  if (problem !== undefined)
    return brokenContract(run, step, `returned an unfit value ${where}: ${problem}`);
  if (read.ok) run.payload = read.value;
  return undefined;
}

/** What the hook's own rule has against a value. A rule that fails lets nothing through. */
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
  return typeof problem === "string" ? problem : "the hook's rule gave no answer";
}

/** Of a plugin, a function and dots between: the function's name may be any string. */
const maxName = 160;
const named = (name: string): string => quoteName(name, maxName);

/** The turn in hand ended without an answer: by a throw, at its deadline, or unknown how. */
function failedTurn(run: OperationRun, step: HandlerStep): PluginExecutionError {
  const { runtime, hook, strict } = run.compiled;
  const wrapped = (text: string) =>
    `handler ${named(step.name)} failed for ${strict ? "audit hook" : "hook"} ${named(hook)}: ${text}`;
  if (run.how === "threw") {
    reportThrown(run, step, run.outcome);
    const { type, text } = runtime.describe(run.outcome, secretsOf(run));
    return failed(run, step, type, wrapped(text), text, run.outcome);
  }
  const seconds = ((step.timeoutMs ?? 0) / 1000).toFixed(3);
  const late = `handler ${named(step.name)} timed out for hook ${named(hook)} after ${seconds}s`;
  const text = run.how === "timeout" ? late : "it gave no answer";
  return failed(run, step, "timeout", wrapped(text), text, undefined);
}

/** What a handler returned is not what its hook takes. */
function brokenContract(run: OperationRun, step: HandlerStep, what: string): PluginExecutionError {
  const text = `handler ${named(step.name)} ${what}`;
  return failed(run, step, "ContractViolation", text, what, undefined);
}

function failed(
  run: OperationRun,
  step: HandlerStep,
  type: string,
  text: string,
  detail: string,
  cause: unknown,
): PluginExecutionError {
  noteError(run, step, type, detail);
  const data = { plugin: step.plugin.name, hook: run.hook, handler: step.name, type, detail };
  return new PluginExecutionError(text, data, cause);
}

/** The host gave up. */
export function abortedError({ hook }: OperationRun): GlassineError {
  return new GlassineError("aborted", `The host aborted the invocation of ${named(hook)}.`, {
    hook,
  });
}
