/** Fire and forget: every handler is told. A strict hook stops at the first failure and says so. */
import type { HandlerStep } from "../dispatch/types.ts";
import { failedTurn } from "./failures.ts";
import type { OperationRun } from "./operation-run.ts";

export function takeNotification(run: OperationRun, step: HandlerStep): void {
  if (run.how === "returned") return;
  const { strict, runtime } = run.compiled;
  const failure = failedTurn(run, step);
  if (strict) run.fail("errored", failure);
  else runtime.warn(failure.message);
}

export function endNotification(run: OperationRun): void {
  run.end("allowed", undefined);
}
