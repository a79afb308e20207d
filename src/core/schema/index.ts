export { type Admitted, admit, decisive, readPlain } from "./admit.ts";
export { withRule } from "./checks.ts";
export { compilerFor, compileSchema } from "./compile.ts";
export type { Compiled, Level, LevelValue } from "./compiled.ts";
export { isEmptyContainer, withDefault } from "./fields.ts";
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
export { compileLevel, withAliases } from "./level.ts";
export { pathInSchema } from "./schema-path.ts";
