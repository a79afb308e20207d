/** JSON as the provider's documents hold it. */
import type { Json } from "../../admit/index.ts";

/** Where a value is: the keys on the way to it. */
export type Path = readonly (string | number)[];

export interface JsonObject {
  readonly [name: string]: Json;
}

/** A content block, of whatever type. */
export interface Block extends JsonObject {
  readonly type: string;
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isSameJson(one: unknown, other: unknown): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}

/** The fields with those of `changes` over them; `undefined` takes a field away. */
export function written<Fields extends JsonObject>(
  fields: Fields | undefined,
  changes: { readonly [name: string]: Json | undefined },
): Fields {
  const all = Object.entries({ ...fields, ...changes });
  return Object.fromEntries(all.filter(([, value]) => value !== undefined)) as Fields;
}
