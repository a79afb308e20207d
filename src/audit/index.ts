export { describeThrown } from "./describe-thrown.ts";
export { type AuditEvent, type AuditEventInput, auditEventSchema } from "./event.ts";
export { type AuditEventSpec, type AuditEventType, auditEventTypes } from "./event-types.ts";
export { jsonLines } from "./json-lines.ts";
export { auditEvent } from "./make-event.ts";
export { type OpenTelemetrySinkOptions, openTelemetrySink } from "./open-telemetry.ts";
export {
  type AuditOptions,
  type AuditSink,
  type ReadAuditOptions,
  readAuditOptions,
} from "./options.ts";
export type { AuditOutcome } from "./outcome.ts";
export { redactText } from "./redact.ts";
export { type RegistrationFailure, registrationFailures } from "./registration-failures.ts";
export { type AuditFailures, type AuditTrail, createTrail } from "./trail.ts";
