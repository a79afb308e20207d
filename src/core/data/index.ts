export { isAwaitable, plainly } from "./awaitable.ts";
export { hasMoreIndexes, isRangeError, readAlone, readForeign, readValue } from "./copy-foreign.ts";
export { ignore } from "./ignore.ts";
export * as intrinsics from "./intrinsics.ts";
export { beginsWith, concat, forEach, includes, mapped, some } from "./intrinsics.ts";
export { parseText, writeText } from "./json-text.ts";
export { areWithin, extensionsLimits, type Limits, payloadLimits } from "./limits.ts";
export { payloadLimitsInForce, underPayloadLimits } from "./payload-limits.ts";
export {
  BAD,
  type Bad,
  checkKey,
  checkNumber,
  checkText,
  closed,
  countNode,
  countReady,
  currentPath,
  enter,
  isRecord,
  isSnapshotCode,
  type Json,
  leave,
  mismatch,
  newReadState,
  type Origin,
  type Place,
  type Reader,
  type ReadOptions,
  type ReadState,
  readArray,
  readJson,
  readJsonObject,
  readMap,
  report,
  typeName,
} from "./read.ts";
export { limitsOver } from "./read-limits.ts";
export { expectOptions, longestTimerMs, readOption, readWhole } from "./read-options.ts";
export { asSet, hasAll, unionOf, without } from "./sets.ts";
export { sharedNotes } from "./shared-notes.ts";
export { addEntry, addGrowth, addSize, outgrown, outgrows, type Size } from "./size.ts";
export { BrandCarrier, createStamp } from "./stamp.ts";
export { detectTampering, type RealmChange } from "./tampering.ts";
export {
  canonicalInstant,
  instantOf,
  isHeaderName,
  isHeaderValue,
  isLabel,
  isSensitiveHeader,
} from "./text-rules.ts";
export { base64Of, fromUtf8 } from "./utf8.ts";
export { nextMacrotask, waitEnd, within } from "./within.ts";
