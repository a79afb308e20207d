/** Fire and forget: every handler is told. A strict hook stops at the first failure and says so. */
import type { HandlerStep } from "../dispatch/program.ts";
import { failedTurn } from "./failures.ts";
import type { OperationRun } from "./operation-run.ts";

export function takeTold(run: OperationRun, step: HandlerStep): void {
  if (run.how === "returned") return;
  const { strict, house } = run.program;
  const failure = failedTurn(run, step);
  if (strict) run.fail("errored", failure);
  else house.warn(failure.message);
}

export function endTold(run: OperationRun): void {
  run.end("allowed", undefined);
}
