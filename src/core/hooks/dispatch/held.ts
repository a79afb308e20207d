/** With a strict audit trail, what could not be written down does not pass. */
import { concat, intrinsics } from "../../data/index.ts";
import type { Invocation } from "./invocation.ts";
import type { AnyInvokeResult, ExecutionRecord } from "./records.ts";

const { freeze } = intrinsics;

/** Whether a run that is over has yet to hear from the trail. */
export function awaitsAudit({ waited, compiled }: Invocation): boolean {
  return waited?.receipts !== undefined && compiled.runtime.audit?.strict === true;
}

/** The result of such a run, once the trail has dealt with all that it was told. */
export async function resultAfterAudit(
  run: Invocation,
  result: AnyInvokeResult,
): Promise<AnyInvokeResult> {
  if ((await run.waited?.receipts?.areKept()) === true) return result;
  // Who was denied stays denied, for the reason that was given.
  if (result.violation !== undefined) return result;
  const { hook, firstBackground } = run.compiled;
  const executions = concat(result.executions);
  for (let i = firstBackground; i < executions.length; i++) {
    executions[i] = notStarted(executions[i] as ExecutionRecord);
  }
  const reason = `The audit trail did not keep what happened on ${hook}.`;
  return freeze({
    ...result,
    continueProcessing: false,
    violation: freeze({ code: "audit_failed", reason }),
    executions: freeze(executions),
    // biome-ignore lint/suspicious/noThenProperty: no patched prototype turns it into a promise.
    then: undefined,
  });
}

function notStarted(record: ExecutionRecord): ExecutionRecord {
  if (record.status !== "started") return record;
  return freeze({ ...record, status: "skipped", reason: "The run was halted before." } as const);
}
