/** Voting: the handlers in order, to the first denial. What is no vote is a failure, never a yes. */
import { type PluginExecutionError, rejectionReason } from "../../errors/index.ts";
import type { HandlerStep } from "../dispatch/program.ts";
import {
  allow,
  type Denial,
  type Denied,
  deniedBy,
  deny,
  isReason,
  type Violation,
  violationOf,
} from "../results.ts";
import { abortedError, brokenContract, failedTurn, typeOf } from "./failures.ts";
import { type OperationRun, takeTurn } from "./operation-run.ts";

const allowed: unknown = allow();
const notImplemented = deniedBy({ code: "not_implemented", reason: "not implemented" });

export async function vote(run: OperationRun): Promise<void> {
  const { steps, required } = run.program;
  for (let i = 0; i < steps.length; i++) {
    const step = steps[i] as HandlerStep;
    const turn = takeTurn(run, step, run.payload);
    if (turn !== undefined) await turn;
    if (run.how === "aborted") return run.fail("aborted", abortedError(run));
    const denial = denialBy(run, step);
    if (denial === undefined) continue;
    if (denial instanceof Error) return run.failBy(denial);
    run.tell({ kind: "denied", step, reason: denial.reason });
    return run.end("denied", denial);
  }
  if (required && steps.length === 0) return run.end("denied", notImplemented);
  run.end("allowed", allowed);
}

/** The denial of the turn in hand, or why it is no vote. */
function denialBy(run: OperationRun, step: HandlerStep): Denied | PluginExecutionError | undefined {
  const { how, outcome } = run;
  if (how === "threw") {
    const reason = rejectionReason(outcome);
    if (reason === undefined) return failedTurn(run, step);
    return by(step, deny(isReason(reason) ? reason : "rejected"));
  }
  if (how !== "returned") return failedTurn(run, step);
  if (outcome === allowed) return undefined;
  if (violationOf(outcome) !== undefined) return by(step, outcome as Denial);
  return brokenContract(run, step, `returned ${typeOf(outcome)}; expected Allow or Deny`);
}

/** A denial under its plugin's name. */
function by(step: HandlerStep, denial: Denial): Denied {
  return deniedBy({ ...(violationOf(denial) as Violation), plugin: step.plugin.name });
}
