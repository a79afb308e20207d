/** What to do about a plugin that is not loaded. */
import { type RejectionCode, rejectionCodes, signatureCauses } from "../packages/index.ts";
import type { DiscoveryReport, RejectedPlugin } from "./reports.ts";

/** A sentence or two; `undefined` for a code that is not of the list. */
export function responseTo(
  { code, cause }: Pick<RejectedPlugin, "code" | "cause">,
  { lock_fault: fault }: Pick<DiscoveryReport, "lock_fault">,
): string | undefined {
  if (cause !== undefined) return signatureCauses[cause].todo;
  // There is one: to make another beside it would not help.
  if (code === "lock_missing" && fault !== null)
    return "Mend plugins.lock first: it cannot be read.";
  return isRejectionCode(code) ? rejectionCodes[code].todo : undefined;
}

function isRejectionCode(code: string): code is RejectionCode {
  return Object.hasOwn(rejectionCodes, code);
}
