/** JSON as the provider's documents hold it. */
import type { Json } from "../../core/data/index.ts";
import type { JsonObject } from "../rewrite/index.ts";

/** Where a value is: the keys on the way to it. */
export type Path = readonly (string | number)[];

export {
  isJsonObject as isObject,
  isSameText as isSameJson,
  type JsonObject,
} from "../rewrite/index.ts";

/** A content block, of whatever type. */
export interface Block extends JsonObject {
  readonly type: string;
}

/** The fields with those of `changes` over them; `undefined` takes a field away. */
export function written<Fields extends JsonObject>(
  fields: Fields | undefined,
  changes: { readonly [name: string]: Json | undefined },
): Fields {
  const all = Object.entries({ ...fields, ...changes });
  return Object.fromEntries(all.filter(([, value]) => value !== undefined)) as Fields;
}

/** The fields of these names. */
export function chosen(fields: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => names.includes(name)));
}
