export { type Admitted, admit, decisive, readPlain, takeParsed } from "./admit.ts";
export { isAwaitable, plainly } from "./awaitable.ts";
export { withRule } from "./checks.ts";
export { compilerFor, compileSchema } from "./compile.ts";
export type { Compiled, Level, LevelBuilder, LevelValue } from "./compiled.ts";
export { isEmptyContainer, withDefault } from "./fields.ts";
export type { Json } from "./free-form.ts";
export { ignore } from "./ignore.ts";
export * as intrinsics from "./intrinsics.ts";
export { parseText, writeText } from "./json-text.ts";
export {
  amount,
  headerMap,
  instant,
  jsonObject,
  jsonValue,
  kindOf,
  labelSet,
  limited,
  nowInstant,
  stringSet,
  utf8Text,
  wholeNumber,
} from "./kinds.ts";
export { compileLevel, withAliases } from "./level.ts";
export { builderByKey, hasKeys } from "./level-builder.ts";
export { areWithin, extensionsLimits, type Limits, payloadLimits } from "./limits.ts";
export { beginsWith, concat, includes, mapped } from "./lists.ts";
export { payloadLimitsInForce, underPayloadLimits } from "./payload-limits.ts";
export { hasMoreIndexes } from "./properties.ts";
export { limitsOver } from "./read-limits.ts";
export { expectOptions, longestTimerMs, readOption, readWhole } from "./read-options.ts";
export { pathInSchema } from "./schema-path.ts";
export { asSet, hasAll, unionOf, without } from "./sets.ts";
export { sharedNotes } from "./shared-notes.ts";
export { addEntry, addKept, addSize, outgrown, outgrows, type Size } from "./size.ts";
export { createStamp, Itself } from "./stamp.ts";
export { detectTampering, type RealmChange } from "./tampering.ts";
export {
  canonicalInstant,
  isHeaderName,
  isHeaderValue,
  isLabel,
  isSensitiveHeader,
} from "./text-rules.ts";
