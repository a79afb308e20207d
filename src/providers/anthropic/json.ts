/** JSON as the provider's documents hold it. */
import type { JsonObject } from "../rewrite/index.ts";

/** Where a value is: the keys on the way to it. */
export type Path = readonly (string | number)[];

export {
  isJsonObject as isObject,
  isSameJsonText,
  type JsonObject,
  withFields,
} from "../rewrite/index.ts";

/** A content block, of whatever type. */
export interface Block extends JsonObject {
  readonly type: string;
}

/** The fields of these names. */
export function chosen(fields: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => names.includes(name)));
}
