export {
  currentLog,
  type GatewayLog,
  logEvents,
  numberedLogs,
  redactedLog,
} from "./gateway-log.ts";
export { createMetrics, type GatewayMetrics, gatewayMetrics } from "./gateway-metrics.ts";
export { failureOf, type HookRan, hookRecord, recordHook } from "./hook-record.ts";
export { type LogStream, lineLog } from "./line-log.ts";
export { ratePerMinute } from "./rate-per-minute.ts";
export { loadTelemetry } from "./telemetry-api.ts";
export { Tracing } from "./tracing.ts";
