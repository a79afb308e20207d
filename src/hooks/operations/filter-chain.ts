/** Filter chain: each handler gets the value that the one before it gave. */
import { admit, decisive } from "../../admit/index.ts";
import { formatProblems } from "../../errors/index.ts";
import type { HandlerStep } from "../dispatch/program.ts";
import { secretsOf } from "../dispatch/run-secrets.ts";
import { abortedError, brokenContract, failedTurn } from "./failures.ts";
import { type OperationRun, takeTurn } from "./operation-run.ts";

export async function chain(run: OperationRun): Promise<void> {
  const { steps } = run.program;
  for (let i = 0; i < steps.length; i++) {
    const step = steps[i] as HandlerStep;
    const turn = takeTurn(run, step, run.payload);
    if (turn !== undefined) await turn;
    if (run.how === "aborted") return run.fail("aborted", abortedError(run));
    if (run.how !== "returned") return run.failBy(failedTurn(run, step));
    if (!takeValue(run, step)) return;
  }
  run.end("allowed", run.payload);
}

/** Puts what a handler returned in place: copied, checked, frozen. False when it cannot be. */
function takeValue(run: OperationRun, step: HandlerStep): boolean {
  const { outcome, program, payload: given } = run;
  const where = `for filter-chain hook '${program.hook}'`;
  if (outcome === given) return true;
  if (outcome === undefined || outcome === null) {
    run.failBy(brokenContract(run, step, `returned nothing ${where}`));
    return false;
  }
  const read = admit(program.payload, outcome, {
    origin: "plugin",
    limits: program.limits,
    shapeCode: "payload_shape",
    strict: true,
    hint: given,
    partial: false,
  });
  if (!read.ok) {
    const what = formatProblems([decisive(read.problems)]);
    run.failBy(brokenContract(run, step, `returned an unfit value ${where}: ${what}`));
    return false;
  }
  const problem = keptBy(run, step, read.value);
  if (problem !== undefined) {
    run.failBy(brokenContract(run, step, `returned an unfit value ${where}: ${problem}`));
    return false;
  }
  run.payload = read.value;
  return true;
}

/** What the hook's own rule has against a value. A rule that fails lets nothing through. */
function keptBy(run: OperationRun, step: HandlerStep, value: unknown): string | undefined {
  const { keeps, house } = run.program;
  if (keeps === undefined) return undefined;
  let problem: unknown;
  try {
    problem = keeps(run.payload, value, step.plugin.name);
  } catch (thrown) {
    return `the hook's rule failed: ${house.describe(thrown, secretsOf(run)).text}`;
  }
  if (problem === undefined) return undefined;
  return typeof problem === "string" ? problem : "the hook's rule gave no answer";
}
