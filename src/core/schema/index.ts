export { withRule } from "./checks.ts";
export { compilerFor, compileSchema } from "./compile.ts";
export type { Compiled, Field, Level, LevelValue } from "./compiled.ts";
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
  withKindOf,
} from "./kinds.ts";
export { compileLevel, withAliases, withDefault } from "./level.ts";
export { maxItems, readPlainArray, readPlainObject } from "./plain-values.ts";
export { dropPromises, mendedBy, readPlain } from "./readers.ts";
export { pathInSchema } from "./schema-path.ts";
