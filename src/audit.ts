/** What is recorded about plugins: the audit trail, metrics and health. */

// The audit trail.

export {
  type AuditEvent,
  type AuditEventInput,
  type AuditFailures,
  type AuditOptions,
  type AuditSink,
  jsonLines,
  type KnownAuditEvent,
  type OpenTelemetrySinkOptions,
  openTelemetrySink,
  redactText,
} from "./core/observe/index.ts";

// Metrics and health.

export {
  type HealthOptions,
  type HealthReport,
  type HealthStatus,
  health,
  type MetricLabels,
  type MetricsSink,
  type PluginHealth,
  pluginMetrics,
} from "./core/plugins/index.ts";
