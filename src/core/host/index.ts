export {
  defineHost,
  type Host,
  type HostDefinition,
  surfaceOf,
  tablesOf,
} from "./define-host.ts";
export type { Amend, EditableBy } from "./edit-types.ts";
export type { Merged, MergeOptions } from "./merge-extensions.ts";
export type { InvokeResult, PluginManager } from "./plugin-manager.ts";
export type { Capability, Extensions, HookHandler, HookName, Manager, View } from "./standard.ts";
export { standardHost } from "./standard.ts";
export {
  addLabels,
  amend,
  appendHop,
  capabilities,
  createExtensions,
  createPluginManager,
  declassify,
  decodeExtensions,
  decodeResult,
  decodeTask,
  definePlugin,
  encodeExtensions,
  encodeInvokeResult,
  encodeResult,
  encodeTask,
  filterExtensions,
  getHeader,
  hasLabel,
  hookNames,
  mergeExtensions,
  removeHeader,
  resolveCapabilities,
  setCustom,
  setHeader,
  slotNames,
  withSlots,
} from "./standard-functions.generated.ts";
