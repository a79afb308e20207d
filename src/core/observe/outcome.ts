/** What became of an event, at once or later. */
import { intrinsics } from "../data/index.ts";
import { GlassineError } from "../errors/index.ts";

const { freeze, isNativePromise } = intrinsics;

/** What became of one event. */
export type AuditOutcome =
  | { readonly ok: true; readonly then: undefined }
  | {
      readonly ok: false;
      /** `audit_failed`. `data` has `eventType` and `recipient`; `cause` is what was thrown. */
      readonly error: GlassineError;
      readonly then: undefined;
    };

export const taken: AuditOutcome = freeze({
  ok: true,
  // biome-ignore lint/suspicious/noThenProperty: no patched prototype turns it into a promise.
  then: undefined,
} as const);
/** Which of the two an event was handed to. */
export type Recipient = "sink" | "audit_emit";

export function notTaken(
  eventType: string,
  recipient: Recipient,
  text: string,
  cause: unknown,
): AuditOutcome {
  const error = new GlassineError("audit_failed", text, { eventType, recipient }, cause);
  // biome-ignore lint/suspicious/noThenProperty: no patched prototype turns it into a promise.
  return freeze({ ok: false, error, then: undefined });
}

export function isPromise<T>(value: T | Promise<T>): value is Promise<T> {
  return isNativePromise(value);
}

/** The first failure of two recipients. */
export function worse(
  one: AuditOutcome,
  other: AuditOutcome | Promise<AuditOutcome>,
): AuditOutcome | Promise<AuditOutcome> {
  return one.ok ? other : isPromise(other) ? always(one, other) : one;
}

async function always(
  outcome: AuditOutcome,
  pending: Promise<AuditOutcome>,
): Promise<AuditOutcome> {
  await pending;
  return outcome;
}
