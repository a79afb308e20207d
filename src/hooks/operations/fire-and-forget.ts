/** Fire and forget: every handler is told. A strict hook stops at the first failure and says so. */
import type { HandlerStep } from "../dispatch/program.ts";
import { abortedError, failedTurn } from "./failures.ts";
import { type OperationRun, takeTurn } from "./operation-run.ts";

export async function tellAll(run: OperationRun): Promise<void> {
  const { steps, strict, house } = run.program;
  for (let i = 0; i < steps.length; i++) {
    const step = steps[i] as HandlerStep;
    const turn = takeTurn(run, step, run.payload);
    if (turn !== undefined) await turn;
    if (run.how === "returned") continue;
    if (run.how === "aborted") {
      if (strict) return run.fail("aborted", abortedError(run));
      return run.end("aborted", undefined);
    }
    const failure = failedTurn(run, step);
    if (strict) return run.failBy(failure);
    house.warn(failure.message);
  }
  run.end("allowed", undefined);
}
