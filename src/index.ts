/** glassine: hooks into AI traffic, each plugin within the capabilities it declared. */
import { standardHost } from "./host/index.ts";

export {
  headerMap,
  instant,
  type Json,
  jsonObject,
  jsonValue,
  type Limits,
  labelSet,
  stringSet,
  wholeNumber,
} from "./admit/index.ts";
export {
  type ErrorCode,
  errorCodes,
  GlassineError,
  isGlassineError,
  ManifestError,
  type ManifestProblem,
  type Problem,
  TierViolationError,
} from "./errors/index.ts";
export type {
  CreateOptions,
  Declassification,
  DeclassificationRecord,
  Decoded,
  DecodeOptions,
} from "./extensions/index.ts";
export {
  type Allow,
  allow,
  type BackgroundCounts,
  type Conditions,
  type Denial,
  type DenyInput,
  defineHook,
  deny,
  type ExecutionRecord,
  type HookSpec,
  type HookTable,
  type InvokeError,
  type Mode,
  type OnError,
  type PluginContext,
  type Status,
  type Violation,
} from "./hooks/index.ts";
export {
  type Capability,
  defineHost,
  type Extensions,
  type HookHandler,
  type HookName,
  type Host,
  type HostDefinition,
  type InvokeResult,
  type Manager,
  type Merged,
  type MergeOptions,
  type PluginManager,
  type View,
} from "./host/index.ts";
export type { Rejection } from "./merge/index.ts";
export {
  type ContentPart,
  createMessage,
  freezePayload,
  type Message,
  type MessageInput,
  matchesPattern,
  messageSchema,
} from "./messages/index.ts";
export type {
  Changed,
  CloseOptions,
  CloseReport,
  HookEntry,
  InvokeOptions,
  ManagerOptions,
  Plugin,
  PluginItem,
  PluginManifest,
  RunSettings,
} from "./plugins/index.ts";
export {
  defineSlots,
  type HopInput,
  type SlotSpec,
  type SlotTable,
  type Tier,
} from "./slots/index.ts";

export const {
  addLabels,
  amend,
  appendHop,
  capabilities,
  createExtensions,
  createPluginManager,
  declassify,
  decodeExtensions,
  definePlugin,
  encodeExtensions,
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
} = standardHost;
