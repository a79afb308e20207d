/**
 * Reads a value once, into checked and frozen data.
 *
 * A foreign value is first copied into fresh plain data, so that readers need no descriptors: each
 * property is read once, through its own descriptor. Accessors, symbol keys, hidden properties,
 * cycles and anything but plain objects and arrays are reported. A reader returns `previous`, which
 * this library made and froze, if the value equals it: "nothing changed" is then one comparison of
 * identity, at every level. Source of the rules: docs/threat-model.md, "read once".
 *
 * The state is local to one reading. A plugin's value is refused at the first snapshot problem,
 * because nothing later can outrank it. A host's value is read to the end, so that every problem is
 * reported.
 */
import type { Problem } from "../errors/index.ts";
import {
  arrayPrototype,
  freeze,
  getOwnPropertyDescriptor,
  getPrototypeOf,
  hasOwn,
  isArray,
  isNativePromise,
  isProxy,
  isTextObject,
  isView,
  isWellFormed,
  newArray,
  newList,
  newMap,
  none,
  objectPrototype,
  ownData,
  ownKeys,
  rangeErrorPrototype,
  toArray,
} from "./intrinsics.ts";
import { addSize, type Limits, outgrown } from "./limits.ts";
import {
  BAD,
  type Bad,
  type Origin,
  type Place,
  type ReadOptions,
  type ReadState,
  report,
  reportPromise,
  STOP,
  stop,
} from "./read-state.ts";
import { dropPromise } from "./within.ts";

/** A JSON value, frozen all the way down. */
export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [key: string]: Json };

/**
 * Reads one plain value: copies, checks and freezes it. Returns `previous` itself if nothing
 * differs. With `partial`, fields that are left out of an object keep their value.
 */
export type Reader = (
  state: ReadState,
  value: unknown,
  previous: unknown,
  partial?: boolean,
) => unknown;

export function newReadState(
  { origin, limits, shapeCode, strict }: ReadOptions,
  leavesOpen: boolean,
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
    absent: 0,
  };
}

/** Counts one value. */
export function countNode(state: ReadState): void {
  state.nodes += 1;
  if (state.nodes > state.limits.nodes) holdToLimits(state);
}

/** Counts a value that comes from a schema, such as a default. */
export function countReady(state: ReadState, value: unknown): void {
  addSize(state, value);
  holdToLimits(state);
}

/** Counts a string, both as a value and in units, and checks it. `previous` was checked before. */
export function checkText(state: ReadState, text: string, previous?: unknown): string | Bad {
  state.nodes += 1;
  countUnits(state, text.length);
  if (state.nodes > state.limits.nodes) holdToLimits(state);
  return text === previous || isWellFormed(text)
    ? text
    : report(state, "snapshot_string", "valid Unicode", "a lone surrogate");
}

/** Counts the units of a key. */
export function countUnits(state: ReadState, units: number): void {
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
  return descend(state, undefined);
}

/** Goes one level down. */
function descend(state: ReadState, foreign: object | undefined): Place {
  if (state.depth >= state.limits.depth) {
    report(state, "snapshot_limit", `at most ${state.limits.depth} levels`, "more");
  }
  state.depth += 1;
  const place: Place = { above: state.place, foreign, bad: state.bad, key: undefined };
  state.place = place;
  return place;
}

function ascend(state: ReadState, { above }: Place): void {
  state.depth -= 1;
  state.place = above;
}

/**
 * Steps out of a container and freezes what was read; `BAD` if anything in it was bad.
 * `shared` is returned in place of `read`: all empty containers of a kind are one object, so that
 * an empty default and one written out compare equal.
 */
export function leave<T extends object>(
  state: ReadState,
  place: Place,
  read: T,
  shared?: T,
): T | Bad {
  ascend(state, place);
  if (state.bad > place.bad) return BAD;
  // The caller marks it, so it needs an object of its own.
  if (state.leavesOpen && state.depth === 0) return read;
  return shared ?? freeze(read);
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !isArray(value);
}

/** The outcome of a reading. */
export type Admitted =
  | {
      readonly ok: true;
      readonly value: unknown;
      /** The first paths that were dropped. */
      readonly dropped: readonly Path[];
      readonly droppedCount: number;
    }
  | { readonly ok: false; readonly problems: readonly Problem[] };

type Path = readonly (string | number)[];

/**
 * Reads a value of any origin. No value makes it throw; but if the stack overflows while a foreign
 * value is copied, and not even `snapshot_limit` can be reported, the `RangeError` passes.
 *
 * `previous` is what this library made for the same place, kept where nothing differs. `how`: with
 * `"partial"`, known fields that are left out stay as in `previous`; with `"open"`, the outermost
 * container is not frozen, because the caller marks it first.
 */
export function admit(
  read: Reader,
  value: unknown,
  options: ReadOptions,
  previous?: unknown,
  how: "whole" | "partial" | "open" = "whole",
): Admitted {
  const state = newReadState(options, how === "open");
  const result = readValue(state, read, value, previous, how === "partial");
  if (result === BAD) return { ok: false, problems: toArray(state.problems) };
  const { dropped, droppedCount } = state;
  const paths = dropped === undefined ? none : toArray(dropped);
  return { ok: true, value: result, dropped: paths, droppedCount };
}

/** Reads a value, copying it first unless it is plain data. Returns `BAD` if there are problems. */
export function readValue(
  state: ReadState,
  read: Reader,
  value: unknown,
  previous: unknown,
  partial: boolean,
): unknown {
  try {
    const result =
      state.origin === "parsed"
        ? read(state, value, previous, partial)
        : readForeign(state, read, value, previous, partial);
    return state.problems.length > 0 ? BAD : result;
  } catch (stopped) {
    if (stopped !== STOP) throw stopped;
    return BAD;
  }
}

/** Reads a value by itself; `BAD` if `read` does not accept it. The reason is not reported. */
export function readAlone(
  read: Reader,
  value: unknown,
  limits: Limits,
  origin: Origin = "host",
): unknown {
  const options = { origin, limits, shapeCode: "extensions_shape", strict: true } as const;
  const admitted = admit(read, value, options);
  return admitted.ok ? admitted.value : BAD;
}

/** Reads a copy of a foreign value, as part of a reading that may be under way. */
export function readForeign(
  state: ReadState,
  read: Reader,
  value: unknown,
  previous: unknown,
  partial = false,
): unknown {
  return read(state, copyForeign(state, value, previous), previous, partial);
}

/** Makes a plain copy of `value`. Parts that cannot be copied are reported; they become `BAD`. */
function copyForeign(state: ReadState, value: unknown, previous: unknown): unknown {
  const { nodes, problems } = state;
  const known = problems.length;
  state.absent = 0;
  try {
    const copy = copyValue(state, value, previous);
    // Promises do not stop the copying, so that the rejection of each one is handled.
    if (state.origin === "plugin" && problems.length > known) throw STOP;
    // The copy is counted when it is read.
    state.nodes = nodes;
    return copy;
  } catch (thrown) {
    if (thrown === STOP) throw STOP;
    if (isRangeError(thrown)) {
      return stop(state, "snapshot_limit", "a value shallow enough for the stack", "a deeper one");
    }
    // A contextified object of `vm`, or a proxy that the runtime cannot recognize, runs code when
    // it is read, and that code can throw.
    return stop(state, "snapshot_proxy", "plain data", "an object that throws when it is read");
  }
}

/** Whether the stack may have overflowed. A value that throws can also throw a `RangeError`. */
export function isRangeError(thrown: unknown): boolean {
  try {
    return getPrototypeOf(thrown as object) === rangeErrorPrototype;
  } catch {
    return false;
  }
}

function copyValue(state: ReadState, value: unknown, previous: unknown): unknown {
  if (value === undefined || value === null) {
    countAbsent(state);
    return value;
  }
  if (typeof value === "function") {
    return report(state, "snapshot_type", "a JSON value", "function");
  }
  if (value === previous) return value;
  countNode(state);
  if (typeof value !== "object") return value;
  if (isProxy(value)) return report(state, "snapshot_proxy", "plain data", "a proxy");
  return isArray(value) ? copyArray(state, value, previous) : copyObject(state, value, previous);
}

/** Absent values may not count when they are read, but they take time to copy. */
function countAbsent(state: ReadState): void {
  const { nodes } = state.limits;
  state.absent += 1;
  if (state.absent > nodes + 1_000) {
    report(state, "snapshot_limit", `at most ${nodes} values`, "more");
  }
}

function copyObject(state: ReadState, value: object, previous: unknown): unknown {
  const prototype = getPrototypeOf(value);
  if (prototype !== objectPrototype && prototype !== null) {
    return isNativePromise(value)
      ? reportPromise(state, value)
      : report(state, "snapshot_prototype", "plain data", "an object of a class");
  }
  if (isWithinItself(state, value)) return BAD;
  const max = state.limits.nodes;
  const keys = hasMoreIndexes(value, max) ? undefined : ownKeys(value);
  if (keys === undefined || keys.length > max) {
    return stop(state, "snapshot_limit", `at most ${max} keys`, "more");
  }
  const place = descend(state, value);
  const known = isRecord(previous) ? previous : undefined;
  const copy = newMap(keys.length, state.nodes);
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as string | symbol;
    if (typeof key === "symbol") {
      place.key = "(symbol)";
      dropPromise(ownData(value, key));
      report(state, "snapshot_key", "keys that are strings", "a symbol");
      continue;
    }
    place.key = key;
    const raw = readDescriptor(state, getOwnPropertyDescriptor(value, key));
    const shown = known !== undefined && hasOwn(known, key) ? known[key] : undefined;
    copy[key] = copyValue(state, raw, shown);
  }
  ascend(state, place);
  return copy;
}

function copyArray(state: ReadState, value: readonly unknown[], previous: unknown): unknown {
  if (getPrototypeOf(value) !== arrayPrototype) {
    return report(state, "snapshot_prototype", "a plain array", "an array of another kind");
  }
  if (isWithinItself(state, value)) return BAD;
  const length = getOwnPropertyDescriptor(value, "length")?.value as number;
  const max = state.limits.nodes;
  if (length > max) report(state, "snapshot_limit", `at most ${max} elements`, "more");
  if (ownKeys(value).length - 1 > length) {
    report(state, "snapshot_key", "an array with elements only", "further properties");
  }
  const place = descend(state, value);
  const known = isArray(previous) ? (previous as readonly unknown[]) : undefined;
  const copy = newArray<unknown>(length);
  for (let i = 0; i < length; i++) {
    place.key = i;
    const descriptor = getOwnPropertyDescriptor(value, i);
    if (descriptor === undefined) copy[i] = report(state, "snapshot_type", "a value", "a hole");
    else {
      const raw = readDescriptor(state, descriptor);
      const shown = known !== undefined && i < known.length ? known[i] : undefined;
      copy[i] = copyValue(state, raw, shown);
    }
  }
  ascend(state, place);
  return copy;
}

/** Reports a container that is inside itself. */
function isWithinItself(state: ReadState, value: object): boolean {
  for (let at = state.place; at !== undefined; at = at.above) {
    if (at.foreign === value) {
      report(state, "snapshot_cycle", "a tree", "a value that contains itself");
      return true;
    }
  }
  return false;
}

/**
 * Whether listing the keys would take long although the value was cheap to make: a string object or
 * typed array, even without its prototype, has a key per unit, each of which becomes a string.
 */
export function hasMoreIndexes(value: object, max: number): boolean {
  return hasOwn(value, max) && (isView(value) || isTextObject(value));
}

function readDescriptor(state: ReadState, descriptor: PropertyDescriptor | undefined): unknown {
  if (descriptor === undefined)
    return report(state, "snapshot_key", "a property that still exists", "none");
  if (state.origin === "library" && descriptor.enumerable !== true) return undefined;
  // `value` must be own: a patched Object.prototype.value would fool a plain read. An accessor has
  // a `get`, even if that is undefined.
  if ("get" in descriptor && !hasOwn(descriptor, "value")) {
    return report(state, "snapshot_accessor", "a value", "a getter or setter");
  }
  if (descriptor.enumerable !== true) {
    dropPromise(descriptor.value);
    return report(state, "snapshot_key", "an enumerable property", "a hidden one");
  }
  return descriptor.value;
}
