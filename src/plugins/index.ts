export type { CloseOptions, CloseReport } from "./closing.ts";
export {
  type CoreHandler,
  type CoreHandlerInput,
  defineCoreHandlerFor,
} from "./core-handlers.ts";
export { definePluginFor } from "./define-plugin.ts";
export type { HandlerInfo } from "./handler-info.ts";
export { type HealthReport, type HealthStatus, health, type PluginHealth } from "./health.ts";
export type { HealthOptions } from "./health-options.ts";
export type { InvokeOptions } from "./invoke-options.ts";
export type { Logger } from "./logger.ts";
export { type AnyManager, createManager, type InvokeCounts, type PluginRoute } from "./manager.ts";
export type { ManagerOptions } from "./manager-options.ts";
export { type HostProfile, packageVersion, readProfile, standardProfile } from "./profile.ts";
export type { PluginItem } from "./read-item.ts";
export type { Surface } from "./read-manifest.ts";
export type { CapabilityReport } from "./service-access.ts";
export type {
  Changed,
  ConfigSchema,
  Handler,
  HookEntry,
  Plugin,
  PluginManifest,
  RunSettings,
} from "./types.ts";
