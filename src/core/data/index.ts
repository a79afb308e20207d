export { AgedMap } from "./aged-map.ts";
export { attempt } from "./attempt.ts";
export { expectTable } from "./expect-table.ts";
export { hasFunctions } from "./has-functions.ts";
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
export { putNewest } from "./put-newest.ts";
export {
  type Admitted,
  admit,
  checkText,
  countNode,
  countReady,
  countUnits,
  enter,
  hasMoreIndexes,
  isRangeError,
  isRecord,
  type Json,
  leave,
  type Reader,
  readAlone,
  readForeign,
} from "./read.ts";
export { expectOptions, longestTimerMs, readOption, readWhole } from "./read-options.ts";
export {
  BAD,
  type Bad,
  currentPath,
  decisive,
  isSnapshotCode,
  type Origin,
  type Place,
  type ReadOptions,
  type ReadState,
  report,
  stop,
} from "./read-state.ts";
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
export {
  isPlain,
  kindNamed,
  kindOf,
  otherThanPlain,
  quotedOrKind,
  typeName,
} from "./type-name.ts";
export {
  dropPromise,
  ignore,
  isPlainPromise,
  nextMacrotask,
  waitEnd,
  within,
} from "./within.ts";
