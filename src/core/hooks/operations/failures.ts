/** What a run says of a handler that failed. The texts are the same for every host. */
import { intrinsics } from "../../data/index.ts";
import { GlassineError, PluginExecutionError } from "../../errors/index.ts";
import { noteError, reportThrown, secretsOf } from "../dispatch/report.ts";
import type { HandlerStep } from "../dispatch/types.ts";
import { quoteName } from "../quote-name.ts";
import type { OperationRun } from "./operation-run.ts";

/** Of a plugin, a function and dots between: the function's name may be any text. */
const maxName = 160;
const named = (name: string): string => quoteName(name, maxName);

/** The type of a value in a message. `undefined` and `null` are "nothing". */
export function typeOf(value: unknown): string {
  if (value === undefined || value === null) return "nothing";
  return intrinsics.isArray(value) ? "array" : typeof value;
}

/** The turn in hand ended without an answer: by a throw, at its deadline, or unknown how. */
export function failedTurn(run: OperationRun, step: HandlerStep): PluginExecutionError {
  const { runtime, hook } = run.compiled;
  if (run.how === "threw") {
    reportThrown(run, step, run.outcome);
    const { type, text } = runtime.describe(run.outcome, secretsOf(run));
    return failed(run, step, type, wrapped(run, step, text), text, run.outcome);
  }
  const seconds = ((step.timeoutMs ?? 0) / 1000).toFixed(3);
  const late = `handler ${named(step.name)} timed out for hook ${named(hook)} after ${seconds}s`;
  const text = run.how === "timeout" ? late : "it gave no answer";
  return failed(run, step, "timeout", wrapped(run, step, text), text, undefined);
}

function wrapped(run: OperationRun, step: HandlerStep, text: string): string {
  const { hook, strict } = run.compiled;
  return `handler ${named(step.name)} failed for ${strict ? "audit hook" : "hook"} ${named(hook)}: ${text}`;
}

/** What a handler returned is not what its hook takes. */
export function brokenContract(
  run: OperationRun,
  step: HandlerStep,
  what: string,
): PluginExecutionError {
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
export function abortedError(run: OperationRun): GlassineError {
  return new GlassineError("aborted", `The host aborted the invocation of ${named(run.hook)}.`, {
    hook: run.hook,
  });
}
