export { attempt } from "./attempt.ts";
export { admitDocument, writeText } from "./json-text.ts";
export {
  addEntry,
  addGrowth,
  addSize,
  areWithin,
  extensionsLimits,
  type Limits,
  limitsOver,
  outgrown,
  outgrows,
  payloadLimits,
  payloadLimitsInForce,
  type Size,
  underPayloadLimits,
} from "./limits.ts";
export {
  type Admitted,
  admit,
  BAD,
  type Bad,
  checkText,
  countNode,
  countReady,
  countUnits,
  currentPath,
  decisive,
  enter,
  hasMoreIndexes,
  isRangeError,
  isRecord,
  isSnapshotCode,
  type Json,
  leave,
  type Origin,
  type Place,
  type Reader,
  type ReadOptions,
  type ReadState,
  readAlone,
  readForeign,
  report,
  stop,
  typeName,
} from "./read.ts";
export { expectOptions, longestTimerMs, readOption, readWhole } from "./read-options.ts";
export { sharedNotes } from "./shared-notes.ts";
export {
  asSet,
  base64Of,
  canonicalInstant,
  fromUtf8,
  hasAll,
  instantOf,
  isHeaderName,
  isHeaderValue,
  isLabel,
  isSensitiveHeader,
  unionOf,
  without,
} from "./strings.ts";
export { detectTampering, type RealmChange } from "./tampering.ts";
export { ignore, nextMacrotask, waitEnd, within } from "./within.ts";
