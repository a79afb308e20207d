export { describeThrown } from "./describe-thrown.ts";
export type { AuditEvent, AuditEventInput } from "./event.ts";
export { auditEventSchema } from "./event-schema.ts";
export { type AuditEventSpec, type AuditEventType, auditEventTypes } from "./event-types.ts";
export { jsonLines } from "./json-lines.ts";
export { auditEvent, factKindsOf } from "./make-event.ts";
export { marker } from "./one-line.ts";
export { type OpenTelemetrySinkOptions, openTelemetrySink } from "./open-telemetry.ts";
export {
  type AuditOptions,
  type AuditSink,
  type ReadAuditOptions,
  readAuditOptions,
} from "./options.ts";
export type { AuditOutcome } from "./outcome.ts";
export { redacted, redactText } from "./redact.ts";
export { type RegistrationFailure, registrationFailures } from "./registration-failures.ts";
export {
  addSecrets,
  bothOf,
  type Needles,
  needlesOf,
  withoutParts,
  withoutSecrets,
} from "./secrets.ts";
export { sensitivityOf } from "./sensitive-words.ts";
export { timestampNow } from "./timestamp.ts";
export { type AuditFailures, type AuditTrail, createTrail } from "./trail.ts";
