import type { Json } from "../../core/data/index.ts";

/** An object of a provider's document. */
export type JsonObject = { readonly [key: string]: Json };

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
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
