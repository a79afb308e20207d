export {
  defineHost,
  type Host,
  type HostDefinition,
  type InvokeResult,
  type PluginManager,
} from "./define-host.ts";
export type { Merged, MergeOptions } from "./merge-extensions.ts";
export {
  type Capability,
  type Extensions,
  type HookHandler,
  type HookName,
  type Manager,
  standardHost,
  type View,
} from "./standard.ts";
