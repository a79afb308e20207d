/**
 * Reads plain data: parsed JSON, or the copy that `copyForeign` made of a foreign value. So nothing
 * here needs descriptors. The result is a checked, frozen copy; where it says the same as
 * `previous`, which this library made and froze, it is `previous` itself: "nothing changed" is then
 * one comparison of identity, at every level.
 *
 * The state is local to one reading. A plugin's value is refused at the first snapshot problem:
 * nothing later can outrank it. A host's value is read on, so that every problem is reported.
 */
import type { ErrorCode, Problem } from "../errors/index.ts";
import {
  append,
  concat,
  enumerableKeys,
  freeze,
  isArray,
  isFiniteNumber,
  isWellFormed,
  type List,
  newArray,
  newList,
  newMap,
  ownValue,
  slice,
} from "./intrinsics.ts";
import type { Limits } from "./limits.ts";
import { addSize, outgrown } from "./size.ts";

/** A JSON value, frozen all the way down. */
export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [key: string]: Json };

/** What a reader returns for a value that it reported. Never stored. */
export const BAD: unique symbol = Symbol("bad");
export type Bad = typeof BAD;

/**
 * Reads one plain value: copies, checks and freezes it. Returns `previous` itself if nothing
 * differs. `partial`: fields of an object that are left out keep their value.
 */
export type Reader = (
  state: ReadState,
  value: unknown,
  previous: unknown,
  partial?: boolean,
) => unknown;

/**
 * `parsed`: made here, by `JSON.parse` or by the library, so it is plain data.
 * `host`: any value of the host. `plugin`: any value of a plugin; hostile.
 * `library`: what another library hands the host, read as JSON has it: without what it hides there.
 */
export type Origin = "parsed" | "host" | "library" | "plugin";

export interface ReadOptions {
  readonly origin: Origin;
  readonly limits: Limits;
  /** Code for a value of the wrong type or shape. */
  readonly shapeCode: ErrorCode;
  /** Whether a host's unknown slot or field is a problem (true) or dropped and listed. */
  readonly strict: boolean;
}

export interface ReadState extends ReadOptions {
  /** Whether the outermost container is left unfrozen, for whoever marks it first. */
  readonly leavesOpen: boolean;
  readonly problems: List<Problem>;
  /** How many values were found bad. */
  bad: number;
  dropped: List<readonly (string | number)[]> | undefined;
  droppedCount: number;
  /** The innermost container that is being read. */
  place: Place | undefined;
  depth: number;
  nodes: number;
  units: number;
}

/** A container that is being read. Paths are made of these, and only when a problem is reported. */
export interface Place {
  readonly above: Place | undefined;
  /** Where in the container the reader is; `undefined` before its first key. */
  key: string | number | undefined;
}

export function newReadState(
  { origin, limits, shapeCode, strict }: ReadOptions,
  leavesOpen = false,
): ReadState {
  return {
    leavesOpen,
    origin,
    limits,
    shapeCode,
    strict,
    problems: newList(),
    bad: 0,
    dropped: undefined,
    droppedCount: 0,
    place: undefined,
    depth: 0,
    nodes: 0,
    units: 0,
  };
}

/** Ends a reading early. Thrown and caught inside the readers only. */
export const STOP: unique symbol = Symbol("stop");

const maxProblems = 100;

/** Where the reader is: the keys from the root to the current value. */
export function currentPath({ place }: ReadState): (string | number)[] {
  const upwards = newList<string | number>();
  for (let at = place; at !== undefined; at = at.above) {
    if (at.key !== undefined) append(upwards, at.key);
  }
  const { length } = upwards;
  const path = newArray<string | number>(length);
  for (let i = 0; i < length; i++) path[i] = upwards[length - 1 - i] as string | number;
  return path;
}

/** Reports a problem of the current value, or of what is `within` it. */
export function report(
  state: ReadState,
  code: ErrorCode,
  expected: string,
  received: string,
  within: readonly (string | number)[] = [],
): Bad {
  state.bad += 1;
  const path = concat(currentPath(state), within);
  append(state.problems, { path, code, expected, received });
  const fatal = code === "snapshot_limit" || (state.origin === "plugin" && isSnapshotCode(code));
  if (fatal || state.problems.length >= maxProblems) throw STOP;
  return BAD;
}

/** Reports and ends the reading, whoever the value is from. */
export function stop(state: ReadState, code: ErrorCode, expected: string, received: string): never {
  report(state, code, expected, received);
  throw STOP;
}

/** Snapshot problems outrank shape problems: what cannot be read safely has no shape. */
export function isSnapshotCode(code: ErrorCode): boolean {
  return slice(code, 0, 9) === "snapshot_";
}

/** Counts one value. */
export function countNode(state: ReadState): void {
  state.nodes += 1;
  if (state.nodes > state.limits.nodes) holdToLimits(state);
}

/** Counts a value that a schema brings along. */
export function countReady(state: ReadState, value: unknown): void {
  addSize(state, value);
  holdToLimits(state);
}

/** Counts the units of a string. */
function countUnits(state: ReadState, units: number): void {
  state.units += units;
  if (state.units > state.limits.units) holdToLimits(state);
}

function holdToLimits(state: ReadState): void {
  const expected = outgrown(state, state, state.limits);
  if (expected !== undefined) report(state, "snapshot_limit", expected, "more");
}

/** Steps into a container and counts it. */
export function enter(state: ReadState): Place {
  countNode(state);
  return descend(state);
}

/** Goes one level down. */
export function descend(state: ReadState): Place {
  if (state.depth >= state.limits.depth) {
    report(state, "snapshot_limit", `at most ${state.limits.depth} levels`, "more");
  }
  state.depth += 1;
  const place: Place = { above: state.place, key: undefined };
  state.place = place;
  return place;
}

export function leave(state: ReadState): void {
  state.depth -= 1;
  state.place = state.place?.above;
}

/** Freezes a container that was read and left. */
export function closed<T extends object>(state: ReadState, container: T): Readonly<T> {
  return state.leavesOpen && state.depth === 0 ? container : freeze(container);
}

/** The words for a type in problems. */
export function typeName(value: unknown): string {
  if (value === null) return "null";
  if (typeof value !== "object") return typeof value;
  return isArray(value) ? "array" : "object";
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !isArray(value);
}

/** Checks the key of a map, whose keys are data. */
export function checkKey(state: ReadState, key: string): void {
  if (key.length > state.limits.keyUnits) {
    const expected = `keys of at most ${state.limits.keyUnits} units`;
    report(state, "snapshot_limit", expected, "a longer one");
  }
  countUnits(state, key.length);
  if (!isWellFormed(key)) {
    report(state, "snapshot_key", "keys that are valid Unicode", "a lone surrogate");
  }
  // From a plugin `__proto__` is an attack or a slip; in a decoded map it is data.
  if (state.origin === "plugin" && key === "__proto__") {
    stop(state, "snapshot_key", "ordinary keys", "__proto__");
  }
}

/** Checks a string. One that stands there already was checked before. */
export function checkText(state: ReadState, text: string, previous?: unknown): string | Bad {
  countUnits(state, text.length);
  return text === previous || isWellFormed(text)
    ? text
    : report(state, "snapshot_string", "valid Unicode", "a lone surrogate");
}

/** Reads any JSON value. */
export const readJson: Reader = (state, value, previous) => {
  if (typeof value === "object" && value !== null) {
    return isArray(value)
      ? readArray(state, value, previous, readJson, state.limits.nodes)
      : readMap(state, value, previous, readJson);
  }
  countNode(state);
  if (typeof value === "string") return checkText(state, value, previous);
  if (typeof value === "boolean" || value === null) return value;
  if (typeof value === "number") return checkNumber(state, value);
  return value === BAD
    ? alreadyBad(state)
    : report(state, "snapshot_type", "a JSON value", typeof value);
};

/** For what could not be copied: that was reported then. */
function alreadyBad(state: ReadState): Bad {
  state.bad += 1;
  return BAD;
}

/** Checks a number. There is no minus zero in the data. */
export function checkNumber(state: ReadState, value: number): number | Bad {
  if (isFiniteNumber(value)) return value === 0 ? 0 : value;
  return report(state, "snapshot_type", "a finite number", "NaN or an infinity");
}

/**
 * Reads an object whose keys are data. `undefined` values count as absent. Maps have no prototype,
 * because any key may be in them.
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
  const { bad } = state;
  const known = isRecord(previous) ? previous : undefined;
  const keys = enumerableKeys(value);
  const map = newMap(keys.length, state.nodes);
  let same = known !== undefined;
  let count = 0;
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as string;
    const raw = value[key];
    place.key = key;
    checkKey(state, key);
    if (raw === undefined) continue;
    const shown = known === undefined ? undefined : ownValue(known, key);
    const item = readValue(state, raw, shown);
    map[key] = item;
    count += 1;
    if (item !== shown) same = false;
  }
  leave(state);
  if (state.bad > bad) return BAD;
  if (same && count === enumerableKeys(known as object).length) return known;
  return closed(state, map);
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
  const { bad } = state;
  const known = isArray(previous) ? (previous as readonly unknown[]) : undefined;
  let same = known !== undefined && known.length === length;
  const items = newArray<unknown>(length);
  for (let i = 0; i < length; i++) {
    place.key = i;
    const raw: unknown = value[i];
    const shown = known !== undefined && i < known.length ? known[i] : undefined;
    // In a map `undefined` is absent; in an array it is not a value, whatever the elements are.
    const item =
      raw === undefined
        ? report(state, "snapshot_type", "a value", "undefined")
        : readItem(state, raw, shown);
    items[i] = item;
    if (item !== shown) same = false;
  }
  leave(state);
  if (state.bad > bad) return BAD;
  return same ? (known as readonly unknown[]) : closed(state, items);
}

/** Reads any JSON object. */
export const readJsonObject: Reader = (state, value, previous) =>
  readMap(state, value, previous, readJson);

/**
 * Reports a value of the wrong type. It is read first: if it is not JSON data, that is the problem
 * to report.
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
