export { isAwaitable, plainly } from "./awaitable.ts";
export { type Json, mismatch, readArray, readJson, readJsonObject, readMap } from "./free-form.ts";
export { ignore } from "./ignore.ts";
export * as intrinsics from "./intrinsics.ts";
export { parseText, writeText } from "./json-text.ts";
export { areWithin, extensionsLimits, type Limits, payloadLimits } from "./limits.ts";
export { beginsWith, concat, includes, mapped } from "./lists.ts";
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
export { asSet, hasAll, unionOf, without } from "./sets.ts";
export { sharedNotes } from "./shared-notes.ts";
export { addEntry, addKept, addSize, outgrown, outgrows, type Size } from "./size.ts";
export { createStamp, Itself } from "./stamp.ts";
export {
  allowanceOf,
  enterTaken,
  isPolluted,
  isSpent,
  leaveTaken,
  type Taker,
  takeBoolean,
  takeJson,
  takeList,
  takeMap,
  takeNumber,
  takeString,
  takeText,
} from "./take.ts";
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
  newWalk,
  type Origin,
  type Reader,
  readAlone,
  report,
  STOP,
  type Walk,
} from "./walk.ts";
