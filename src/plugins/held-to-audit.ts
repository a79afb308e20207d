/** With a strict audit trail, what could not be written down does not pass. */
import { intrinsics } from "../admit/index.ts";
import type { AnyInvokeResult, Invocation } from "../hooks/index.ts";

/** The run's result, once all that it told the trail was kept; a denial, if something was not. */
export async function heldToAudit(
  run: Invocation,
  pending: Promise<AnyInvokeResult>,
): Promise<AnyInvokeResult> {
  const result = await pending;
  const tab = run.waited?.tab;
  if (tab === undefined || (await tab.areKept()) === true) return result;
  // Who was denied stays denied, for the reason that was given.
  if (result.violation !== undefined) return result;
  const reason = `The audit trail did not keep what happened on ${run.hook}.`;
  return intrinsics.freeze({
    ...result,
    continueProcessing: false,
    violation: intrinsics.freeze({ code: "audit_failed", reason }),
    // biome-ignore lint/suspicious/noThenProperty: no patched prototype turns it into a promise.
    then: undefined,
  });
}
