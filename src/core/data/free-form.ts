/**
 * Free-form JSON: custom data, tool arguments, annotations.
 *
 * Maps get a null prototype, because their keys are data. Where the value says the same as
 * `previous`, which this library made and froze, that value itself comes back: "nothing changed"
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
import {
  BAD,
  type Bad,
  countNode,
  enter,
  leave,
  type Reader,
  type ReadState,
  report,
} from "./read-state.ts";

/** A JSON value, frozen all the way down. */
export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [key: string]: Json };

/** Reads any JSON value. */
export const readJson: Reader = (state, value, previous) => {
  if (typeof value === "object" && value !== null) {
    if (value === previous) return previous;
    const kind = containerKind(state, value);
    if (kind === BAD) return BAD;
    return kind === "array"
      ? readArray(state, value, previous, readJson, state.limits.nodes)
      : readMap(state, value, previous, readJson);
  }
  countNode(state);
  if (typeof value === "string") return checkText(state, value, previous);
  if (typeof value === "boolean" || value === null) return value;
  if (typeof value === "number") {
    if (!isFiniteNumber(value)) {
      return report(state, "snapshot_type", "a finite number", "NaN or an infinity");
    }
    return value === 0 ? 0 : value;
  }
  return report(state, "snapshot_type", "a JSON value", typeof value);
};

/** Reads an object whose keys are data. `undefined` values count as absent. */
export function readMap(
  state: ReadState,
  value: unknown,
  previous: unknown,
  readValue: Reader,
): unknown {
  if (value === previous && previous !== undefined) return previous;
  const kind = containerKind(state, value);
  if (kind === BAD) return BAD;
  if (kind !== "object") return mismatch(state, value, "an object");
  const source = value as object;
  if (!isRecord(state, source)) return BAD;
  countNode(state);
  if (!enter(state, source)) return BAD;
  const known = isMap(previous) ? previous : undefined;
  const keys = keysOf(state, source);
  const map = newMap(keys.length, state.nodes);
  let same = known !== undefined;
  let count = 0;
  let bad = false;
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as string;
    const raw = readProperty(state, source, key);
    const isKnown = known !== undefined && hasOwn(known, key);
    if (raw === BAD || !checkKey(state, key, isKnown)) {
      bad = true;
      continue;
    }
    if (raw === undefined) continue;
    const shown = isKnown ? known[key] : undefined;
    const item = readValue(state, raw, shown);
    if (item === BAD) bad = true;
    map[key] = item;
    count += 1;
    if (item !== shown) same = false;
  }
  leave(state);
  if (bad) return BAD;
  if (same && count === enumerableKeys(known as object).length) return known;
  return freeze(map);
}

/** Reads an array, in order. */
export function readArray(
  state: ReadState,
  value: unknown,
  previous: unknown,
  readItem: Reader,
  max: number,
): readonly unknown[] | Bad {
  if (value === previous && previous !== undefined) return previous as readonly unknown[];
  const kind = containerKind(state, value);
  if (kind === BAD) return BAD;
  if (kind !== "array") return mismatch(state, value, "an array");
  const source = value as readonly unknown[];
  if (!isPlainArray(state, source)) return BAD;
  countNode(state);
  if (!enter(state, source)) return BAD;
  const length = lengthOf(state, source, max);
  let bad = elementsOf(state, source, length) !== length;
  const known = isArray(previous) ? (previous as readonly unknown[]) : undefined;
  let same = known !== undefined && known.length === length;
  // What is bad from the start is read for its problems alone, however long it says it is.
  const items = newArray<unknown>(bad ? 0 : length);
  for (let i = 0; i < length; i++) {
    const raw = readElement(state, source, i);
    const shown = known !== undefined && i < known.length ? known[i] : undefined;
    const item = raw === BAD ? BAD : readElementValue(state, raw, shown, readItem);
    if (item === BAD) bad = true;
    if (!bad) items[i] = item;
    if (item !== shown) same = false;
  }
  leave(state);
  if (bad) return BAD;
  return same ? (known as readonly unknown[]) : freeze(items);
}

/** In a map `undefined` is absent; in an array it is no value, whatever the elements are. */
function readElementValue(
  state: ReadState,
  raw: unknown,
  shown: unknown,
  readItem: Reader,
): unknown {
  if (raw !== undefined) return readItem(state, raw, shown);
  return report(state, "snapshot_type", "a value", "undefined");
}

/** Reads any JSON object. */
export const readJsonObject: Reader = (state, value, previous) =>
  readMap(state, value, previous, readJson);

/**
 * Reports a value of the wrong type. It is read first: if it cannot be read safely, that is the
 * problem to tell.
 */
export function mismatch(
  state: ReadState,
  value: unknown,
  expected: string,
  code: ErrorCode = state.shapeCode,
): Bad {
  if (value !== undefined && readJson(state, value, undefined) === BAD) return BAD;
  return report(state, code, expected, typeName(value));
}

function isMap(previous: unknown): previous is Record<string, unknown> {
  return typeof previous === "object" && previous !== null && !isArray(previous);
}
