export { boundedStore, labelsIn, SessionLabels, withLabels } from "./carry.ts";
export {
  type AnnotationLabels,
  type IfcLabels,
  labelsFromAnnotations,
  labelsFromIfc,
} from "./from-wire.ts";
export type { MemorySessions } from "./memory-sessions.ts";
export {
  type MemoryLabelStoreOptions,
  memoryDefaults,
  memoryLabelStore,
  sharedSessions,
} from "./memory-store.ts";
export {
  checkDataAction,
  type DataEntity,
  type DataViolation,
  policyLabels,
  policyViolation,
  stampResult,
} from "./policy.ts";
export {
  checkSession,
  type LabelStore,
  maxLabelCodePoints,
  maxSessionLabels,
  readLabels,
  sessionFull,
  settleWithin,
} from "./store.ts";
