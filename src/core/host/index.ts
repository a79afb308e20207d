export {
  defineHost,
  type HostDefinition,
  surfaceOf,
  tablesOf,
} from "./define-host.ts";
export {
  headerMap,
  instant,
  jsonObject,
  jsonValue,
  labelSet,
  stringSet,
  wholeNumber,
} from "./field-types.ts";
export type { Amend, EditableBy, Host } from "./host.ts";
export type { Merged, MergeOptions } from "./merge-extensions.ts";
export type { InvokeResult, PluginManager } from "./plugin-manager.ts";
export type { Capability, Extensions, HookHandler, HookName, Manager, View } from "./standard.ts";
export {
  addLabels,
  amend,
  appendHop,
  createExtensions,
  declassify,
  decodeExtensions,
  encodeExtensions,
  filterExtensions,
  getHeader,
  hasLabel,
  mergeExtensions,
  removeHeader,
  setCustom,
  setHeader,
  withSlots,
} from "./standard-envelope.ts";
export { standardHost } from "./standard-host.ts";
export {
  capabilities,
  createPluginManager,
  definePlugin,
  hookNames,
  resolveCapabilities,
  slotNames,
} from "./standard-plugins.ts";
export {
  decodeResult,
  decodeTask,
  encodeInvokeResult,
  encodeResult,
  encodeTask,
} from "./standard-remote.ts";
