/**
 * glassine: hooks into AI traffic that keep each plugin within the capabilities it declared.
 *
 * This entry has what plugins and the programs that run them need daily. Messages, the audit trail,
 * labels, plugins in other processes and hosts of your own have separate entries.
 */

// Write a plugin.

export {
  type Allow,
  allow,
  type Conditions,
  type Decision,
  type Denial,
  type Denied,
  type DenyInput,
  deny,
  type Mode,
  type OnError,
  type PluginContext,
  type Violation,
} from "./core/hooks/index.ts";
export {
  type Capability,
  capabilities,
  definePlugin,
  type HookHandler,
  type HookName,
  hookNames,
  resolveCapabilities,
  slotNames,
} from "./core/host/index.ts";
export type {
  Changed,
  ConfigSchema,
  HookEntry,
  Logger,
  Plugin,
  PluginManifest,
} from "./core/plugins/index.ts";

// Read and change the extensions that a plugin sees.

export {
  type Amend,
  addLabels,
  amend,
  appendHop,
  type EditableBy,
  getHeader,
  hasLabel,
  removeHeader,
  setCustom,
  setHeader,
  type View,
} from "./core/host/index.ts";
export type { DeepReadonly, HopInput, Tier } from "./core/slots/index.ts";

// Run plugins.

export type {
  AnyInvokeResult,
  BackgroundCounts,
  ExecutionRecord,
  InvokeError,
  Status,
  StreamMode,
  StreamPlan,
  StreamProgress,
} from "./core/hooks/index.ts";
export {
  createPluginManager,
  type InvokeResult,
  type Manager,
  type PluginManager,
} from "./core/host/index.ts";
export type {
  CapabilityReport,
  CloseOptions,
  CloseReport,
  HandlerInfo,
  InvokeCounts,
  InvokeOptions,
  ManagerOptions,
  PluginItem,
  PluginRoute,
  RunSettings,
} from "./core/plugins/index.ts";

// Make, filter, merge and encode extensions.

export { detectTampering, type Json, type Limits, type RealmChange } from "./core/data/index.ts";
export type {
  CreateOptions,
  Declassification,
  DeclassificationRecord,
  Decoded,
  DecodeOptions,
  Rejection,
} from "./core/envelope/index.ts";
export {
  createExtensions,
  declassify,
  decodeExtensions,
  type Extensions,
  encodeExtensions,
  filterExtensions,
  type Merged,
  type MergeOptions,
  mergeExtensions,
  withSlots,
} from "./core/host/index.ts";

// Types that compilers name in the declarations of modules that use the above.

export type { OperationInputOf, StandardHooks } from "./core/hooks/index.ts";
export type {
  AudioPart,
  ContentPart,
  DocumentPart,
  ImagePart,
  Message,
  MessageInput,
  PromptRequestPart,
  PromptResultPart,
  ResourcePart,
  ResourceRefPart,
  TextPart,
  ThinkingPart,
  ToolCallPart,
  ToolResultPart,
  VideoPart,
} from "./core/messages/index.ts";
export type {
  AgentSlot,
  CompletionSlot,
  CustomSlot,
  DelegationSlot,
  ExtensionsOf,
  FrameworkSlot,
  Granted,
  HttpSlot,
  InputOf,
  LlmSlot,
  McpSlot,
  MetaSlot,
  OutputOf,
  ProvenanceSlot,
  RequestSlot,
  SecuritySlot,
  StandardSlots,
  Undeclared,
} from "./core/slots/index.ts";

// Handle errors.

export {
  CapabilityError,
  type ErrorCode,
  errorCodes,
  GlassineError,
  isGlassineError,
  ManifestError,
  type ManifestProblem,
  type PackageProblem,
  PluginDependencyError,
  PluginDiscoveryError,
  PluginExecutionError,
  PluginSignatureError,
  type Problem,
  RejectError,
  TierViolationError,
} from "./core/errors/index.ts";
