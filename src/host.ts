/** Hosts of your own: slots, hooks and services added to the standard ones or replacing them. */

// Define a host.

export { defineHost, type Host, type HostDefinition } from "./core/host/index.ts";
export type { HostProfile } from "./core/plugins/index.ts";

// Its hooks.

export {
  type Band,
  bands,
  defineHook,
  defineHooks,
  type HookDefinition,
  type HookSpec,
  type HookTable,
  type OperationHookOf,
  type OperationInputOf,
  type Ordering,
  type PayloadOf,
  type Semantic,
  type StandardHooks,
} from "./core/hooks/index.ts";
export type { CoreHandler, CoreHandlerInput } from "./core/plugins/index.ts";

// Its services.

export {
  type AccessorsOf,
  defineServices,
  type HandleType,
  handleOf,
  type ServiceCapability,
  type ServiceSpec,
  type ServiceTable,
} from "./core/plugins/index.ts";

// Its slots.

export {
  headerMap,
  instant,
  jsonObject,
  jsonValue,
  labelSet,
  stringSet,
  wholeNumber,
} from "./core/host/index.ts";
export { withRule } from "./core/schema/index.ts";
export {
  type CapabilityIn,
  type Derive,
  defineSlots,
  type ExtensionsInputOf,
  type ExtensionsOf,
  type Schema,
  type SlotSpec,
  type SlotTable,
  type StandardSlots,
  type ViewOf,
  type WithImplied,
} from "./core/slots/index.ts";

// Types that compilers name in the declarations of modules that use a host's functions.

export type {
  Answer,
  DecodedResult,
  DecodeResultOptions,
  DecodeTaskOptions,
  EncodeInvokeResultOptions,
  EncodeResultOptions,
  Task,
  Turn,
} from "./core/remote/index.ts";
export type { InputOf, OutputOf } from "./core/slots/index.ts";
