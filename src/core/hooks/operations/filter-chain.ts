/** Filter chain: each handler gets the value that the one before it gave. */

import { formatProblems, type PluginExecutionError } from "../../errors/index.ts";
import { admit, decisive } from "../../schema/index.ts";
import { secretsOf } from "../dispatch/report.ts";
import type { HandlerStep } from "../dispatch/types.ts";
import { brokenContract, failedTurn } from "./failures.ts";
import type { OperationRun } from "./operation-run.ts";

/** Puts what a handler returned in place: copied, checked, frozen. */
export function takeValue(run: OperationRun, step: HandlerStep): void {
  const error = run.how === "returned" ? refusedValue(run, step) : failedTurn(run, step);
  if (error !== undefined) run.fail("errored", error);
}

/** Takes the value, or says why it cannot be taken. */
function refusedValue(run: OperationRun, step: HandlerStep): PluginExecutionError | undefined {
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
    ? keptBy(run, step, read.value)
    : formatProblems([decisive(read.problems)]);
  if (problem !== undefined)
    return brokenContract(run, step, `returned an unfit value ${where}: ${problem}`);
  if (read.ok) run.payload = read.value;
  return undefined;
}

export function endChain(run: OperationRun): void {
  run.end("allowed", run.payload);
}

/** What the hook's own rule has against a value. A rule that fails lets nothing through. */
function keptBy(run: OperationRun, step: HandlerStep, value: unknown): string | undefined {
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
