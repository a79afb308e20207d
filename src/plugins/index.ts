export { definePluginFor } from "./define-plugin.ts";
export type { InvokeOptions } from "./invoke-options.ts";
export { type AnyManager, type CloseOptions, type CloseReport, createManager } from "./manager.ts";
export type { ManagerOptions, PluginItem } from "./manager-options.ts";
export type { Surface } from "./read-manifest.ts";
export type { Changed, Handler, HookEntry, Plugin, PluginManifest, RunSettings } from "./types.ts";
