/** JSON as the provider's documents hold it. */
import { isJsonObject, type JsonObject } from "../rewrite/index.ts";

/** Where a value is: the keys on the way to it. */
export type Path = readonly (string | number)[];

export {
  isJsonObject as isObject,
  isSameJsonText,
  type JsonObject,
  objectIn,
  stringIn,
  withFields,
} from "../rewrite/index.ts";

/** A content block, of whatever type. */
export interface Block extends JsonObject {
  readonly type: string;
}

function isBlock(value: unknown): value is Block {
  return isJsonObject(value) && typeof value.type === "string";
}

/** A value that the schema says is a block. */
export function blockIn(value: unknown): Block {
  return isBlock(value) ? value : { type: "" };
}

/** A list that the schema says is one of blocks. Anything else has none. */
export function blocksIn(value: unknown): readonly Block[] {
  return Array.isArray(value) && value.every(isBlock) ? value : [];
}

/** The fields of these names. */
export function chosen(fields: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => names.includes(name)));
}
