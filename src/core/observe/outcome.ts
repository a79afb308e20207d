/** What became of an event, at once or later. */
import { GlassineError } from "../errors/index.ts";

/** What became of one event. */
export type AuditOutcome =
  | { readonly ok: true }
  | {
      readonly ok: false;
      /** `audit_failed`. `data` has `eventType` and `recipient`; `cause` is what was thrown. */
      readonly error: GlassineError;
    };

export const taken: AuditOutcome = Object.freeze({ ok: true });
/** Which of the two recipients. */
export type Recipient = "sink" | "audit_emit";

export function notTaken(
  eventType: string,
  recipient: Recipient,
  text: string,
  cause: unknown,
): AuditOutcome {
  const error = new GlassineError("audit_failed", text, { eventType, recipient }, cause);
  return Object.freeze({ ok: false, error });
}
