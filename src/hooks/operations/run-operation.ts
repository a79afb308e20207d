/** Runs a hook of the other four semantics from its first handler to its answer. */
import { GlassineError } from "../../errors/index.ts";
import { joinsPromise } from "../dispatch/thenable.ts";
import { chain } from "./filter-chain.ts";
import { tellAll } from "./fire-and-forget.ts";
import type { OperationRun } from "./operation-run.ts";
import type { OperationProgram } from "./program.ts";
import { score } from "./score-delta.ts";
import { vote } from "./voting.ts";

const ways: {
  readonly [Semantic in OperationProgram["semantic"]]: (run: OperationRun) => Promise<void>;
} = { voting: vote, filter_chain: chain, score_delta: score, fire_and_forget: tellAll };

/**
 * Resolves to the answer of the hook's semantic.
 *
 * @throws (as a rejection) PluginExecutionError `execution_failed`; GlassineError `aborted`,
 *   `audit_failed`, `realm_tampered`
 */
export async function operate(run: OperationRun): Promise<unknown> {
  const { house, semantic } = run.program;
  try {
    try {
      await ways[semantic](run);
    } catch (error) {
      // A handler left it no stack.
      run.fail("errored", outOfStack(run, error));
    }
    if (house.audit?.strict === true) await holdToAudit(run);
    return concluded(run);
  } finally {
    house.inFlight -= 1;
    house.counts.end(run.ending ?? "errored");
    if (house.inFlight === 0) house.onIdle?.();
  }
}

function outOfStack(run: OperationRun, cause: unknown): GlassineError {
  const text = `The run of '${run.hook}' could not go on.`;
  return new GlassineError("handler_error", text, { hook: run.hook }, cause);
}

/** What could not be written down does not pass; a denial stands. */
async function holdToAudit(run: OperationRun): Promise<void> {
  const { kept } = run;
  if (kept === true || (kept !== false && (await kept) === true)) return;
  if (run.ending === "denied") return;
  const text = `The audit trail did not keep what happened on '${run.hook}'.`;
  run.fail("errored", new GlassineError("audit_failed", text, { hook: run.hook }, run.error));
}

function concluded(run: OperationRun): unknown {
  if (run.error !== undefined) throw run.error;
  // A patched promise let it come here too early: then there is no answer, and none is made up.
  if (run.ending === undefined) throw outOfStack(run, undefined);
  const { answer } = run;
  if (typeof answer === "object" && answer !== null && joinsPromise(answer)) {
    const text = "A `then` on a prototype would answer in place of the run.";
    throw new GlassineError("realm_tampered", text, { hook: run.hook });
  }
  return answer;
}
