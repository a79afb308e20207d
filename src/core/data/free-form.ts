/**
 * Free-form JSON: custom data, tool arguments, annotations.
 *
 * Maps get a null prototype, because their keys are data. Where the value says the same as
 * `hint`, which this library made and froze, the hint itself comes back: "nothing changed"
 * is then one comparison of identity, at every level.
 */
import type { ErrorCode } from "../errors/index.ts";
import {
  enumerableKeys,
  freeze,
  hasOwn,
  isArray,
  isFiniteNumber,
  newArray,
  newMap,
} from "./intrinsics.ts";
import {
  checkKey,
  checkText,
  containerKind,
  elementsOf,
  isPlainArray,
  isRecord,
  keysOf,
  lengthOf,
  readElement,
  readProperty,
  typeName,
} from "./properties.ts";
import { BAD, type Bad, countNode, enter, leave, type Reader, report, type Walk } from "./walk.ts";

/** A JSON value, frozen all the way down. */
export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [key: string]: Json };

/** Reads any JSON value. */
export const readJson: Reader = (walk, value, hint) => {
  if (typeof value === "object" && value !== null) {
    if (value === hint) return hint;
    const kind = containerKind(walk, value);
    if (kind === BAD) return BAD;
    return kind === "array"
      ? readArray(walk, value, hint, readJson, walk.limits.nodes)
      : readMap(walk, value, hint, readJson);
  }
  countNode(walk);
  if (typeof value === "string") return checkText(walk, value, hint);
  if (typeof value === "boolean" || value === null) return value;
  if (typeof value === "number") {
    if (!isFiniteNumber(value)) {
      return report(walk, "snapshot_type", "a finite number", "NaN or an infinity");
    }
    return value === 0 ? 0 : value;
  }
  return report(walk, "snapshot_type", "a JSON value", typeof value);
};

/** Reads an object whose keys are data. `undefined` values count as absent. */
export function readMap(walk: Walk, value: unknown, hint: unknown, readValue: Reader): unknown {
  if (value === hint && hint !== undefined) return hint;
  const kind = containerKind(walk, value);
  if (kind === BAD) return BAD;
  if (kind !== "object") return mismatch(walk, value, "an object");
  const source = value as object;
  if (!isRecord(walk, source)) return BAD;
  countNode(walk);
  if (!enter(walk, source)) return BAD;
  const known = isMap(hint) ? hint : undefined;
  const keys = keysOf(walk, source);
  const map = newMap(keys.length, walk.nodes);
  let same = known !== undefined;
  let count = 0;
  let bad = false;
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as string;
    const raw = readProperty(walk, source, key);
    const isKnown = known !== undefined && hasOwn(known, key);
    if (raw === BAD || !checkKey(walk, key, isKnown)) {
      bad = true;
      continue;
    }
    if (raw === undefined) continue;
    const shown = isKnown ? known[key] : undefined;
    const item = readValue(walk, raw, shown);
    if (item === BAD) bad = true;
    map[key] = item;
    count += 1;
    if (item !== shown) same = false;
  }
  leave(walk);
  if (bad) return BAD;
  if (same && count === enumerableKeys(known as object).length) return known;
  return freeze(map);
}

/** Reads an array, in order. */
export function readArray(
  walk: Walk,
  value: unknown,
  hint: unknown,
  readItem: Reader,
  max: number,
): readonly unknown[] | Bad {
  if (value === hint && hint !== undefined) return hint as readonly unknown[];
  const kind = containerKind(walk, value);
  if (kind === BAD) return BAD;
  if (kind !== "array") return mismatch(walk, value, "an array");
  const source = value as readonly unknown[];
  if (!isPlainArray(walk, source)) return BAD;
  countNode(walk);
  if (!enter(walk, source)) return BAD;
  const length = lengthOf(walk, source, max);
  let bad = elementsOf(walk, source, length) !== length;
  const known = isArray(hint) ? (hint as readonly unknown[]) : undefined;
  let same = known !== undefined && known.length === length;
  // What is bad from the start is read for its problems alone, however long it says it is.
  const items = newArray<unknown>(bad ? 0 : length);
  for (let i = 0; i < length; i++) {
    const raw = readElement(walk, source, i);
    const shown = known !== undefined && i < known.length ? known[i] : undefined;
    const item = raw === BAD ? BAD : readElementValue(walk, raw, shown, readItem);
    if (item === BAD) bad = true;
    if (!bad) items[i] = item;
    if (item !== shown) same = false;
  }
  leave(walk);
  if (bad) return BAD;
  return same ? (known as readonly unknown[]) : freeze(items);
}

/** In a map `undefined` is absent; in an array it is no value, whatever the elements are. */
function readElementValue(walk: Walk, raw: unknown, shown: unknown, readItem: Reader): unknown {
  if (raw !== undefined) return readItem(walk, raw, shown);
  return report(walk, "snapshot_type", "a value", "undefined");
}

/** Reads any JSON object. */
export const readJsonObject: Reader = (walk, value, hint) => readMap(walk, value, hint, readJson);

/**
 * Reports a value of the wrong type. It is read first: if it cannot be read safely, that is the
 * problem to tell.
 */
export function mismatch(
  walk: Walk,
  value: unknown,
  expected: string,
  code: ErrorCode = walk.shapeCode,
): Bad {
  if (value !== undefined && readJson(walk, value, undefined) === BAD) return BAD;
  return report(walk, code, expected, typeName(value));
}

function isMap(hint: unknown): hint is Record<string, unknown> {
  return typeof hint === "object" && hint !== null && !isArray(hint);
}
