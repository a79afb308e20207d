/** Voting: the handlers in order, to the first denial. What is no vote is a failure, never a yes. */
import type { PluginExecutionError } from "../../errors/index.ts";
import { note } from "../dispatch/report.ts";
import type { HandlerStep } from "../dispatch/types.ts";
import { allow, answerOf, type Denied, deniedBy, rejectionOf, type Violation } from "../results.ts";
import { brokenContract, failedTurn, typeOf } from "./failures.ts";
import type { OperationRun } from "./operation-run.ts";

const allowed: unknown = allow();
const notImplemented = deniedBy({ code: "not_implemented", reason: "not implemented" });

/** Ends the run with a denial, or with why an answer is no vote. */
export function takeVote(run: OperationRun, step: HandlerStep): void {
  const denial = denialBy(run, step);
  if (denial === undefined) return;
  if (denial instanceof Error) {
    run.fail("errored", denial);
    return;
  }
  note(run, { kind: "denied", step, code: "denied", reason: denial.reason });
  run.end("denied", denial);
}

export function endVote(run: OperationRun): void {
  const { steps, required } = run.compiled;
  if (required && steps.length === 0) run.end("denied", notImplemented);
  else run.end("allowed", allowed);
}

/** The denial of the turn in hand, or why it is no vote. */
function denialBy(run: OperationRun, step: HandlerStep): Denied | PluginExecutionError | undefined {
  const { how, outcome } = run;
  const answer = how === "threw" ? rejectionOf(outcome) : answerOf(outcome);
  if (how === "returned" && answer === "allow") return undefined;
  if (answer !== undefined && answer !== "allow") return by(step, answer);
  if (how !== "returned") return failedTurn(run, step);
  return brokenContract(run, step, `returned ${typeOf(outcome)}; expected Allow or Deny`);
}

/** A denial under its plugin's name. */
function by(step: HandlerStep, violation: Violation): Denied {
  return deniedBy({ ...violation, plugin: step.plugin.name });
}
