export { describeThrown, isStandardType, ownErrorTypes } from "./describe-thrown.ts";
export {
  type AuditEvent,
  type AuditEventInput,
  jsonLines,
  timestampNow,
} from "./event.ts";
export {
  type AuditEventSpec,
  type AuditEventType,
  auditEventTypes,
  type RegistrationFailure,
  registrationFailures,
} from "./event-types.ts";
export { type AuditFacts, auditEvent, factKindsOf, type KnownAuditEvent } from "./make-event.ts";
export { cut } from "./one-line.ts";
export { type OpenTelemetrySinkOptions, openTelemetrySink } from "./open-telemetry.ts";
export {
  type AuditOptions,
  type AuditSink,
  readAuditOptions,
  readSecrets,
} from "./options.ts";
export { redacted, redactText } from "./redact.ts";
export {
  addSecrets,
  bothOf,
  type Needles,
  needlesOf,
  withoutParts,
  withoutSecrets,
} from "./secrets.ts";
export { sensitivityOf } from "./sensitive-words.ts";
export { takesMany } from "./takes-many.ts";
export { type AuditFailures, type AuditOutcome, type AuditTrail, createTrail } from "./trail.ts";
