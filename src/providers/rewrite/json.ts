import { isRecord, type Json } from "../../core/data/index.ts";
import { ownValue } from "../../core/data/intrinsics.ts";

/** An object of a provider's document. */
export type JsonObject = { readonly [key: string]: Json };

/** Where a value is: the keys on the way to it. */
export type Path = readonly (string | number)[];

export const isJsonObject = isRecord as (value: unknown) => value is JsonObject;

/** A value that a schema says is an object. Anything else has no fields. */
export function objectIn(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {};
}

/** A string that a schema says is there; empty if it is not. */
export function stringIn(fields: { readonly [name: string]: unknown }, name: string): string {
  const value = fields[name];
  return typeof value === "string" ? value : "";
}

/** A string at `keys` of own fields in a value of any kind, such as an envelope of a host. */
export function stringAt(value: unknown, ...keys: readonly string[]): string | undefined {
  let found = value;
  for (const key of keys) found = ownValue(found, key);
  return typeof found === "string" ? found : undefined;
}

/** A list that a schema says is one of objects. Anything else has no items. */
export function objectsIn(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) && value.every(isJsonObject) ? value : [];
}

/**
 * `fields` with `changes` over them; `undefined` removes a field. What does not change is the same
 * object, here and in the functions below, so that it is not checked again.
 */
export function withFields<Fields extends JsonObject>(
  fields: Fields | undefined,
  changes: { readonly [name: string]: Json | undefined },
): Fields {
  const isSaid = (name: string) => fields !== undefined && ownValue(fields, name) === changes[name];
  if (fields !== undefined && Object.keys(changes).every(isSaid)) return fields;
  const all = Object.entries({ ...fields, ...changes });
  return Object.fromEntries(all.filter(([, value]) => value !== undefined)) as Fields;
}

/** `now`, or `before` where both hold the same items. */
export function sameList<Item>(before: readonly Item[], now: readonly Item[]): readonly Item[] {
  const isSame = before.length === now.length && now.every((each, at) => before[at] === each);
  return isSame ? before : now;
}

/** The fields of these names. */
export function chosen(fields: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => names.includes(name)));
}

/** The keys in a place that a table names with dots: `candidates.0.content`. */
export function keysOf(place: string): Path {
  return place === "" ? [] : place.split(".").map((key) => (/^\d+$/.test(key) ? Number(key) : key));
}

/** The value at `keys`, of own fields alone. */
export function valueAt(value: Json | undefined, keys: Path): Json | undefined {
  let found: Json | undefined = value;
  for (const key of keys) {
    if (typeof found !== "object" || found === null || !Object.hasOwn(found, key)) return undefined;
    found = (found as { readonly [key: string | number]: Json })[key];
  }
  return found;
}

/** A copy with another value at `keys`; `undefined` removes the field. */
export function withValueAt(
  value: Json | undefined,
  [key, ...rest]: Path,
  to: Json | undefined,
): Json | undefined {
  if (key === undefined) return to;
  const inner = withValueAt(valueAt(value, [key]), rest, to);
  if (typeof key === "string") return withFields(objectIn(value), { [key]: inner });
  const items: readonly Json[] = Array.isArray(value) ? value : [];
  return inner === undefined ? items.toSpliced(key, 1) : items.toSpliced(key, 1, inner);
}

/** The same for an object. */
export function set(fields: JsonObject, keys: Path, value: Json | undefined): JsonObject {
  return objectIn(withValueAt(fields, keys, value));
}

/** Whether two values are written alike. The order of keys counts. */
export function isSameJsonText(one: unknown, other: unknown): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}

/** Whether a value says nothing. */
export function isEmptyValue(value: Json | undefined): boolean {
  return value === undefined || value === null || value === "" || isEmptyList(value);
}

function isEmptyList(value: Json): boolean {
  return Array.isArray(value) && value.length === 0;
}
