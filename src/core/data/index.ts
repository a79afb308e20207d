export { isAwaitable, plainly } from "./awaitable.ts";
export { type Json, mismatch, readArray, readJson, readJsonObject, readMap } from "./free-form.ts";
export { ignore } from "./ignore.ts";
export * as intrinsics from "./intrinsics.ts";
export { parseText, writeText } from "./json-text.ts";
export { areWithin, extensionsLimits, type Limits, payloadLimits } from "./limits.ts";
export { beginsWith, concat, forEach, includes, mapped, some } from "./lists.ts";
export { payloadLimitsInForce, underPayloadLimits } from "./payload-limits.ts";
export {
  checkKey,
  checkText,
  containerKind,
  hasMoreIndexes,
  isRecord,
  keysOf,
  readProperty,
  typeName,
} from "./properties.ts";
export { limitsOver } from "./read-limits.ts";
export { expectOptions, longestTimerMs, readOption, readWhole } from "./read-options.ts";
export {
  allowanceOf,
  enterParsed,
  isPolluted,
  isSpent,
  leaveParsed,
  type ParsedReader,
  readParsedBoolean,
  readParsedJson,
  readParsedList,
  readParsedMap,
  readParsedNumber,
  readParsedString,
  readParsedText,
} from "./read-parsed.ts";
export {
  BAD,
  type Bad,
  countAgain,
  countNode,
  countReady,
  currentPath,
  enter,
  isSnapshotCode,
  leave,
  makeRoom,
  newReadState,
  type Origin,
  type Reader,
  type ReadState,
  readAlone,
  report,
  STOP,
} from "./read-state.ts";
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
