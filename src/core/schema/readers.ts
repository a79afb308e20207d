/** Readers: which values of a kind are accepted, and in which form they are stored. */
import {
  asSet,
  BAD,
  type Bad,
  base64Of,
  canonicalInstant,
  checkText,
  countNode,
  countUnits,
  enter,
  extensionsLimits,
  fromUtf8,
  isLabel,
  isRecord,
  type Json,
  leave,
  type Place,
  type Reader,
  type ReadState,
  readAlone,
  report,
  stop,
  typeName,
} from "../data/index.ts";
import {
  enumerableKeys,
  freeze,
  isArray,
  isFiniteNumber,
  isSafeInteger,
  isWellFormed,
  newArray,
  newMap,
  ownValue,
} from "../data/intrinsics.ts";
import type { ErrorCode } from "../errors/index.ts";

/** Returns a frozen copy of JSON data from a plugin, or `undefined` if it is not JSON data. */
export function readPlain(value: unknown): Json | undefined {
  const result = readAlone(readJson, value, extensionsLimits, "plugin");
  return result === BAD ? undefined : (result as Json);
}

/**
 * Reads what is refused or ignored: nobody awaits a promise in it, so its rejection must not
 * surface.
 */
export function dropPromises(value: unknown): void {
  readPlain(value);
}

/** Checks a key of a map. The keys of maps are data. `known`: the map as the plugin was shown it. */
export function checkKey(state: ReadState, key: string, known: object | undefined): void {
  if (key.length > state.limits.keyUnits) {
    const expected = `keys of at most ${state.limits.keyUnits} units`;
    report(state, "snapshot_limit", expected, "a longer one");
  }
  countUnits(state, key.length);
  if (!isWellFormed(key)) {
    report(state, "snapshot_key", "keys that are valid Unicode", "a lone surrogate");
  }
  // In a decoded map, `__proto__` is data, and a plugin may keep it. One that adds it attacks or errs.
  if (state.origin === "plugin" && key === "__proto__" && ownValue(known, key) === undefined) {
    stop(state, "snapshot_key", "ordinary keys", "__proto__");
  }
}

/** Reads any JSON value. */
export const readJson: Reader = (state, value, previous) => {
  if (typeof value === "object" && value !== null) {
    return isArray(value)
      ? readArray(state, value, previous, readJson, state.limits.nodes)
      : readMap(state, value, previous, readJson);
  }
  if (typeof value === "string") return checkText(state, value, previous);
  countNode(state);
  if (typeof value === "boolean" || value === null) return value;
  if (typeof value === "number") return checkNumber(state, value);
  return value === BAD
    ? alreadyBad(state)
    : report(state, "snapshot_type", "a JSON value", typeof value);
};

/** Reads JSON data in which each string, other than keys, becomes what `mend` makes of it. */
export function mendedBy(mend: (text: string) => string): Reader {
  const read: Reader = (state, value) => {
    if (typeof value === "string") return checkText(state, mend(value));
    if (isArray(value)) return readArray(state, value, undefined, read, state.limits.nodes);
    return isRecord(value)
      ? readMap(state, value, undefined, read)
      : readJson(state, value, undefined);
  };
  return read;
}

/** For a value that could not be copied; that was reported at the time. */
function alreadyBad(state: ReadState): Bad {
  state.bad += 1;
  return BAD;
}

/** Checks a number. Minus zero becomes zero. */
function checkNumber(state: ReadState, value: number): number | Bad {
  if (isFiniteNumber(value)) return value === 0 ? 0 : value;
  return report(state, "snapshot_type", "a finite number", "NaN or an infinity");
}

/**
 * Reads an object whose keys are data. `undefined` values count as absent. Maps have no prototype,
 * because they can contain any key.
 */
export function readMap(
  state: ReadState,
  value: unknown,
  previous: unknown,
  readValue: Reader,
): unknown {
  if (!isRecord(value)) return mismatch(state, value, "an object");
  if (value === previous) return previous;
  const place = enter(state);
  const known = isRecord(previous) ? previous : undefined;
  const keys = enumerableKeys(value);
  const map = newMap(keys.length, state.nodes);
  let same = known !== undefined;
  let count = 0;
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as string;
    const raw = value[key];
    place.key = key;
    checkKey(state, key, known);
    if (raw === undefined) continue;
    const shown = ownValue(known, key);
    const item = readValue(state, raw, shown);
    map[key] = item;
    count += 1;
    if (item !== shown) same = false;
  }
  const isKnown = same && count === enumerableKeys(known as object).length;
  return isKnown ? leave(state, place, known as object) : leaveMap(state, place, map, count);
}

const noEntries: object = freeze(newMap(0));
const noItems: readonly unknown[] = freeze([]);

/** Steps out of a map with `count` entries. */
export function leaveMap(state: ReadState, place: Place, map: object, count: number): object | Bad {
  return leave(state, place, map, count === 0 ? noEntries : undefined);
}

/** Reads an array, in order. */
export function readArray(
  state: ReadState,
  value: unknown,
  previous: unknown,
  readItem: Reader,
  max: number,
): readonly unknown[] | Bad {
  if (!isArray(value)) return mismatch(state, value, "an array");
  if (value === previous) return value;
  const { length } = value;
  if (length > max) report(state, "snapshot_limit", `at most ${max} elements`, "more");
  const place = enter(state);
  const known = isArray(previous) ? (previous as readonly unknown[]) : undefined;
  let same = known !== undefined && known.length === length;
  const items = newArray<unknown>(length);
  for (let i = 0; i < length; i++) {
    place.key = i;
    const raw: unknown = value[i];
    const shown = known !== undefined && i < known.length ? known[i] : undefined;
    // In a map, `undefined` means absent; in an array it is not a value, whatever the elements are.
    const item =
      raw === undefined
        ? report(state, "snapshot_type", "a value", "undefined")
        : readItem(state, raw, shown);
    items[i] = item;
    if (item !== shown) same = false;
  }
  return same
    ? leave(state, place, known as readonly unknown[])
    : leave(state, place, items, length === 0 ? noItems : undefined);
}

/** Reads any JSON object. */
export const readJsonObject: Reader = (state, value, previous) =>
  readMap(state, value, previous, readJson);

/**
 * Reports a value of the wrong type. The value is read first: if it is not JSON data, that is the
 * problem to report.
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

export const readText: Reader = (state, value, previous) => {
  return typeof value === "string"
    ? checkText(state, value, previous)
    : mismatch(state, value, "a string");
};

/** Bytes become the string they encode in UTF-8, or base64 if they are not valid UTF-8. */
export const readUtf8Text: Reader = (state, value) => {
  if (typeof value !== "object" || value === null) return readText(state, value, undefined);
  const bytes = readArray(state, value, undefined, readByte, state.limits.nodes);
  if (bytes === BAD) return BAD;
  const text = fromUtf8(bytes as readonly number[]) ?? base64Of(bytes as readonly number[]);
  countUnits(state, text.length);
  return text;
};

const readByte: Reader = (state, value) => {
  countNode(state);
  const isByte = isSafeInteger(value) && (value as number) >= 0 && (value as number) <= 255;
  return isByte ? value : report(state, state.shapeCode, "a byte from 0 to 255", "another value");
};

/** Any finite number. */
export const readNumber: Reader = (state, value) => {
  if (typeof value !== "number") return mismatch(state, value, "a number");
  countNode(state);
  return checkNumber(state, value);
};

export const readWholeNumber: Reader = (state, value) => {
  const number = readNumber(state, value, undefined);
  if (number === BAD || (isSafeInteger(number) && (number as number) >= 0)) return number;
  return report(
    state,
    state.shapeCode,
    "a whole number of at least 0",
    "a number that does not match",
  );
};

export const readAmount: Reader = (state, value) => {
  const number = readNumber(state, value, undefined);
  if (number === BAD || (number as number) >= 0) return number;
  return report(state, state.shapeCode, "a number of at least 0", "a negative one");
};

export const readStringSet: Reader = (state, value, previous) =>
  readSet(state, value, previous, readText, state.limits.nodes);

export const readLabelSet: Reader = (state, value, previous) =>
  readSet(state, value, previous, readLabel, state.limits.labels);

const readLabel: Reader = (state, value, previous) => {
  const text = readText(state, value, previous);
  if (text === BAD) return BAD;
  const max = state.limits.labelCodePoints;
  // An existing label was checked before, perhaps under other limits.
  if (text === previous && (text as string).length <= max) return text;
  if (!isLabel(text as string, max)) {
    return report(
      state,
      "label_invalid",
      `a label: 1 to ${max} printable characters in NFC, not padded`,
      "a string that does not match",
    );
  }
  return text;
};

function readSet(
  state: ReadState,
  value: unknown,
  previous: unknown,
  readItem: Reader,
  max: number,
): unknown {
  const items = readArray(state, value, previous, readItem, max);
  // All empty sets are one object, whatever the previous value.
  const isRead = items === BAD || items === previous || items === noItems;
  return isRead ? items : asSet(items as readonly string[], previous);
}

export const readHeaders: Reader = (state, value, previous) => {
  const map = readMap(state, value, previous, readHeaderValue);
  if (map === BAD || map === previous) return map;
  const names = enumerableKeys(map as object);
  for (let i = 0; i < names.length; i++) {
    if ((names[i] as string).length > state.limits.headerNameUnits) {
      return report(state, "snapshot_limit", "shorter header names", "a longer one");
    }
  }
  return names.length > state.limits.headers
    ? report(state, "snapshot_limit", `at most ${state.limits.headers} headers`, "more")
    : map;
};

const readHeaderValue: Reader = (state, value, previous) => {
  if (typeof value !== "string") {
    const code = state.origin === "plugin" ? "header_invalid" : state.shapeCode;
    return mismatch(state, value, "a string", code);
  }
  if (value.length > state.limits.headerValueUnits) {
    return report(state, "snapshot_limit", "shorter header values", "a longer one");
  }
  return checkText(state, value, previous);
};

export const readInstant: Reader = (state, value) => {
  const text = readText(state, value, undefined);
  if (text === BAD) return BAD;
  const canonical = canonicalInstant(text as string);
  return (
    canonical ??
    report(state, state.shapeCode, "an RFC 3339 date-time", "a string that does not match")
  );
};
