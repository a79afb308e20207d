export { type Access, readAccess, recordAccess } from "./access.ts";
export {
  type AnyHookManager,
  checkManager,
  expectFacts,
  type HookManager,
  type HookOptions,
  type HookResult,
  type HookViolation,
} from "./hook-manager.ts";
export { InUse } from "./in-use.ts";
export { notify } from "./notify.ts";
export {
  givenOptions,
  readFunction,
  readLabels,
  readStreamLimits,
  readTenant,
  readWord,
  streamOptions,
} from "./options.ts";
export { Stopwatch, type Timings } from "./timings.ts";
export { type Denial, publicViolation } from "./violation.ts";
export {
  type HeaderChanges,
  type HeadersIn,
  headerChanges,
  headersIn,
  isTransportHeader,
  withHeaderChanges,
} from "./written-headers.ts";
