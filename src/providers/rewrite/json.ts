import { isRecord, type Json } from "../../core/data/index.ts";
import { ownValue } from "../../core/data/intrinsics.ts";

/** An object in a provider's document. */
export type JsonObject = { readonly [key: string]: Json };

/** The path of a value: the keys that lead to it. */
export type Path = readonly (string | number)[];

export const isJsonObject = isRecord as (value: unknown) => value is JsonObject;

/** Returns a value that a schema says is an object; an empty object for anything else. */
export function objectIn(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {};
}

/** Returns a field that a schema says is a string; an empty string if it is not. */
export function stringIn(fields: { readonly [name: string]: unknown }, name: string): string {
  const value = fields[name];
  return typeof value === "string" ? value : "";
}

/** Returns a string at `keys`, of own fields only, in any value, such as a host's envelope. */
export function stringAt(value: unknown, ...keys: readonly string[]): string | undefined {
  const found = valueAt(value, keys);
  return typeof found === "string" ? found : undefined;
}

/** Returns a value that a schema says is a list of objects; an empty list for anything else. */
export function objectsIn(value: unknown): readonly JsonObject[] {
  return areObjects(value) ? value : [];
}

export function areObjects(value: unknown): value is readonly JsonObject[] {
  return Array.isArray(value) && value.every(isJsonObject);
}

/**
 * Returns `fields` with `changes` applied; `undefined` removes a field. Here and in the functions
 * below, what does not change stays the same object, so that it is not checked again.
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

/** Returns `before` if both lists hold the same items, otherwise `now`. */
export function sameList<Item>(before: readonly Item[], now: readonly Item[]): readonly Item[] {
  const isSame = before.length === now.length && now.every((each, at) => before[at] === each);
  return isSame ? before : now;
}

export function chosen(fields: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => names.includes(name)));
}

/** Splits a place that a table names with dots into its keys: `candidates.0.content`. */
export function keysOf(place: string): Path {
  return place === "" ? [] : place.split(".").map((key) => (/^\d+$/.test(key) ? Number(key) : key));
}

/** Returns the value at `keys`, of own fields only. */
export function valueAt(value: Json | undefined, keys: Path): Json | undefined;
export function valueAt(value: unknown, keys: Path): unknown;
export function valueAt(value: unknown, keys: Path): unknown {
  let found = value;
  for (const key of keys) found = ownValue(found, key);
  return found;
}

/** Returns a copy with another value at the keys; `undefined` removes the field. */
function withValueAt(
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

/** Like `withValueAt`, for an object. */
export function set(fields: JsonObject, keys: Path, value: Json | undefined): JsonObject {
  return objectIn(withValueAt(fields, keys, value));
}

/** Whether two values have the same JSON text. The order of keys matters. */
export function isSameJsonText(one: unknown, other: unknown): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}

/** Whether two JSON values are equal, ignoring key order and undefined fields. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (Object.is(a, b) || (a === 0 && b === 0)) return true;
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
    return a.every((item, index) => sameJson(item, b[index]));
  }
  if (!isJsonObject(a) || !isJsonObject(b)) return false;
  const keys = valuedKeys(a);
  if (keys.length !== valuedKeys(b).length) return false;
  return keys.every((key) => Object.hasOwn(b, key) && sameJson(a[key], b[key]));
}

/** The names of the fields that are not undefined. */
export function valuedKeys(value: { readonly [name: string]: unknown }): readonly string[] {
  return Object.keys(value).filter((key) => value[key] !== undefined);
}

/** True for values without content: absent, null, an empty string or an empty list. */
export function isEmptyValue(value: unknown): boolean {
  return (value ?? "") === "" || (Array.isArray(value) && value.length === 0);
}
