export { streamModeOf } from "./compile-hooks.ts";
export { type CoreHandler, type CoreHandlerInput, defineCoreHandlerFor } from "./core-handlers.ts";
export { definePluginFor, definitionOf, manifestCarriedBy } from "./define-plugin.ts";
export {
  type AccessorsOf,
  defineServices,
  type HandleType,
  handleOf,
  type ServiceCapability,
  type ServiceSpec,
  type ServiceTable,
} from "./define-services.ts";
export {
  type Discovered,
  discoveryFactsOf,
  markDiscovery,
  type PluginOrigin,
  type RefusedPackage,
  type TrustDecision,
  unsignedWarning,
  warnOfUnsigned,
} from "./discovered.ts";
export { exportOf } from "./export-of.ts";
export type { HandlerInfo } from "./handler-info.ts";
export {
  answerOf,
  type HealthOptions,
  type HealthReport,
  type HealthStatus,
  health,
  type PluginHealth,
} from "./health.ts";
export { endIsolated, isolationOf, markIsolated } from "./isolated.ts";
export type { Logger } from "./logger.ts";
export { type AnyManager, createManager, type PluginRoute } from "./manager.ts";
export type { ManagerOptions } from "./manager-options.ts";
export { pluginMetrics } from "./metric-table.ts";
export type { MetricLabels, MetricsSink } from "./metrics.ts";
export { byUnits } from "./order.ts";
export {
  type HostProfile,
  packageVersion,
  type Surface,
  standardProfile,
} from "./profile.ts";
export {
  type Environment,
  type HostSetting,
  hostSettings,
  readData,
  readOwnConfig,
} from "./read-config.ts";
export { reservedNames } from "./read-manifest.ts";
export { readProfile } from "./read-profile.ts";
export { type Refusal, refusalsIn } from "./refusals.ts";
export {
  type CloseOptions,
  type CloseReport,
  type InvokeCounts,
  readCloseOptions,
} from "./runtime.ts";
export { secretsOf } from "./secrets.ts";
export type { CapabilityReport } from "./service-access.ts";
export type {
  Changed,
  ConfigSchema,
  HookEntry,
  HookHandler,
  InvokeOptions,
  Plugin,
  PluginItem,
  PluginManifest,
  RunSettings,
} from "./types.ts";
