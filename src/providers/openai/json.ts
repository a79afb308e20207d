/** JSON objects of OpenAI's documents. */
import type { Json } from "../../core/data/index.ts";
import { isJsonObject, type JsonObject, valueAt } from "../rewrite/index.ts";

export {
  isJsonObject,
  isSameJsonText,
  type JsonObject,
  objectIn,
  objectsIn,
  stringAt,
  withFields,
} from "../rewrite/index.ts";

/** A field's value. In both formats null means absent. */
export function given(json: JsonObject, key: string): Json | undefined {
  return valueAt(json, [key]) ?? undefined;
}

export function isNone(value: unknown): value is null | undefined {
  return value === null || value === undefined;
}

/** Whether a value is absent, null, or a list or object without entries. */
export function isEmpty(value: Json | undefined): boolean {
  if (value === undefined || value === null) return true;
  return typeof value === "object" && Object.keys(value).length === 0;
}

export function numberAt(json: JsonObject, key: string): number | undefined {
  const value = given(json, key);
  return typeof value === "number" ? value : undefined;
}

/**
 * Whether `now` has the shape of `old`: the same fields of the same types, and in a list only items
 * of shapes that it had before. So text can be redacted and items removed, but no field can be
 * added to a provider's data.
 */
export function fitsShape(old: Json, now: Json): boolean {
  if (Array.isArray(old) && Array.isArray(now)) {
    const shapes = new Set(old.map(shapeOf));
    return now.every((item) => shapes.has(shapeOf(item)));
  }
  if (!isJsonObject(old) || !isJsonObject(now))
    return typeof old === typeof now && shapeOf(old) === shapeOf(now);
  return (
    Object.entries(now).every(([key, value]) => {
      const before = Object.hasOwn(old, key) ? old[key] : undefined;
      return before !== undefined && fitsShape(before, value);
    }) && Object.keys(old).every((key) => Object.hasOwn(now, key))
  );
}

function shapeOf(value: Json): string {
  if (Array.isArray(value)) return `[${[...new Set(value.map(shapeOf))].sort().join()}]`;
  if (!isJsonObject(value)) return value === null ? "null" : typeof value;
  const fields = Object.entries(value).map(
    ([key, each]) => `${JSON.stringify(key)}:${shapeOf(each)}`,
  );
  return `{${fields.sort().join()}}`;
}

/** JSON text with the fields of each object in one order. */
export function sortedText(value: Json): string {
  const sorted = (json: JsonObject) =>
    Object.fromEntries(
      Object.keys(json)
        .toSorted()
        .map((key) => [key, json[key]]),
    );
  return JSON.stringify(value, (_, each: Json) => (isJsonObject(each) ? sorted(each) : each));
}
