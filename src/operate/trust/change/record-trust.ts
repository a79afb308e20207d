/** Records changes of trust in the audit trail, once they are made. */

import { GlassineError } from "../../../core/errors/index.ts";
import {
  type AuditOptions,
  auditEvent,
  createTrail,
  factKindsOf,
  readAuditOptions,
} from "../../../core/observe/index.ts";
import { printable } from "../printable.ts";

/** One plugin of which trust has changed. */
interface TrustFact {
  readonly id: string;
  /** `undefined` where it is not trusted any more. */
  readonly version?: string | undefined;
  readonly hash?: string | undefined;
}

/** What was done, as the record has it. */
export type TrustAction = "trust" | "untrust" | "lock";

export interface AuditOutcome {
  /** The ids whose record was not taken. */
  readonly unaudited: readonly string[];
  /** A sentence for the operator on each. */
  readonly warnings: readonly string[];
}

/** Records what was done to plugins, in their order. */
export type RecordTrust = (
  action: TrustAction,
  plugins: readonly TrustFact[],
  reason: string,
) => Promise<AuditOutcome>;

/**
 * Reads the options before anything is changed.
 *
 * @throws GlassineError `options_invalid`; the function it gives rejects with `audit_failed` where
 *   `strict` asks for every record and one was not taken
 */
export function trustRecorder(audit: AuditOptions | undefined): RecordTrust {
  const options = readAuditOptions(audit);
  const trail = createTrail(options);
  return async (action, plugins, reason) => {
    const unaudited: string[] = [];
    const causes: unknown[] = [];
    for (const { id, version = null, hash = null } of plugins) {
      const facts = { plugin_name: id, action, version, package_hash: hash, reason };
      const event = auditEvent("plugin.trust_changed", facts);
      const outcome = await trail.emit(event, { kinds: factKindsOf(event) });
      if (outcome.ok) continue;
      unaudited.push(id);
      causes.push(outcome.error);
    }
    if (unaudited.length > 0 && options.strict) throw notKept(unaudited, causes[0]);
    return { unaudited, warnings: unaudited.map(notTaken) };
  };
}

function notTaken(id: string): string {
  return `the audit trail did not take the record of ${printable(id)}; the change is made and journaled`;
}

function notKept(ids: readonly string[], cause: unknown): GlassineError {
  const names = ids.map(printable).join(", ");
  const text = `The audit trail did not take the record of ${names}. The change is made and journaled.`;
  return new GlassineError("audit_failed", text, { ids }, cause);
}
