import type { Json } from "../../core/data/index.ts";

/** An object of a provider's document. */
export type JsonObject = { readonly [key: string]: Json };

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A value that a schema says is an object. Anything else has no fields. */
export function objectIn(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {};
}

/** A string that a schema says is there; empty if it is not. */
export function stringIn(fields: { readonly [name: string]: unknown }, name: string): string {
  const value = fields[name];
  return typeof value === "string" ? value : "";
}

/** A list that a schema says is one of objects. Anything else has no items. */
export function objectsIn(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) && value.every(isJsonObject) ? value : [];
}

/** A copy with `changes` over the fields of `fields`; `undefined` removes a field. */
export function withFields<Fields extends JsonObject>(
  fields: Fields | undefined,
  changes: { readonly [name: string]: Json | undefined },
): Fields {
  const all = Object.entries({ ...fields, ...changes });
  return Object.fromEntries(all.filter(([, value]) => value !== undefined)) as Fields;
}

/** Whether two values are written alike. The order of keys counts. */
export function isSameJsonText(one: unknown, other: unknown): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}
