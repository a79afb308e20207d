/** The limits that payloads, messages and documents are read under: the library's, or a host's. */
import { type Limits, payloadLimits } from "./limits.ts";
import { limitsOver } from "./read-limits.ts";

let inForce: Limits = payloadLimits;

/** Those of the call that is under way; else the library's own. */
export function payloadLimitsInForce(): Limits {
  return inForce;
}

/**
 * Does `work` under limits that a host gave some of; under those in force where it gave none.
 * `work` waits for nothing, so no other call comes under them.
 *
 * @throws GlassineError `options_invalid`
 */
export function underPayloadLimits<Result>(given: unknown, work: () => Result): Result {
  if (given === undefined) return work();
  const before = inForce;
  inForce = limitsOver(payloadLimits, given);
  try {
    return work();
  } finally {
    inForce = before;
  }
}
