/**
 * The one step that touches a foreign value: it copies it into fresh plain data, which the readers
 * then read like parsed JSON.
 *
 * Each property is read once, through its own descriptor. Accessors, symbol keys, hidden properties,
 * cycles and anything but plain objects and arrays are reported. What stands in `previous`, which
 * this library made and froze, in the same place passes as it is.
 * Source of the rules: docs/threat-model.md, "read once".
 */
import {
  append,
  arrayPrototype,
  getOwnPropertyDescriptor,
  getPrototypeOf,
  hasOwn,
  isArray,
  isProxy,
  isTextObject,
  isView,
  type List,
  newArray,
  newList,
  newMap,
  objectPrototype,
  ownKeys,
  ownValue,
  rangeErrorPrototype,
} from "./intrinsics.ts";
import type { Limits } from "./limits.ts";
import {
  BAD,
  countNode,
  descend,
  isRecord,
  leave,
  newReadState,
  type Origin,
  type Place,
  type Reader,
  type ReadState,
  report,
  STOP,
  stop,
} from "./read.ts";

/** Reads a value: copies it first, unless it is plain data. `BAD` where there are problems. */
export function readValue(
  state: ReadState,
  read: Reader,
  value: unknown,
  previous: unknown,
  partial = false,
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

/** Reads a value by itself; `BAD` for one that `read` does not accept. The reason is not reported. */
export function readAlone(
  read: Reader,
  value: unknown,
  limits: Limits,
  origin: Origin = "host",
): unknown {
  const state = newReadState({ origin, limits, shapeCode: "extensions_shape", strict: true });
  return readValue(state, read, value, undefined);
}

/** Reads a copy of a foreign value, for a reading that may be under way. */
export function readForeign(
  state: ReadState,
  read: Reader,
  value: unknown,
  previous: unknown,
  partial = false,
): unknown {
  return read(state, copyForeign(state, value, previous), previous, partial);
}

interface Copying {
  /** The containers that the value is in. */
  readonly above: List<object>;
  /** How many `null` and `undefined` there were. */
  absent: number;
}

/** A plain copy of `value`. What cannot be copied is reported, and `BAD` in the copy. */
function copyForeign(state: ReadState, value: unknown, previous: unknown): unknown {
  const { nodes } = state;
  try {
    const copy = copyValue(state, value, previous, { above: newList(), absent: 0 });
    // The copy is counted when it is read.
    state.nodes = nodes;
    return copy;
  } catch (thrown) {
    if (thrown === STOP) throw STOP;
    if (isRangeError(thrown)) {
      return stop(
        state,
        "snapshot_limit",
        "a value that the stack has room to copy",
        "a deeper one",
      );
    }
    // A contextified object of `vm`, and a proxy where the runtime cannot recognise one, runs code
    // when it is read, and that code can throw.
    return stop(state, "snapshot_proxy", "plain data", "an object that throws when it is read");
  }
}

/** Whether the stack may have overflowed. A value that throws can also throw such an error. */
export function isRangeError(thrown: unknown): boolean {
  try {
    return typeof thrown === "object" && getPrototypeOf(thrown as object) === rangeErrorPrototype;
  } catch {
    return false;
  }
}

function copyValue(state: ReadState, value: unknown, previous: unknown, copying: Copying): unknown {
  if (value === undefined || value === null) {
    countAbsent(state, copying);
    return value;
  }
  if (typeof value === "function") {
    return report(state, "snapshot_type", "a JSON value", "function");
  }
  if (typeof value === "object" && value === previous) return value;
  countNode(state);
  if (typeof value !== "object") return value;
  if (isProxy(value)) return report(state, "snapshot_proxy", "plain data", "a proxy");
  return isArray(value)
    ? copyArray(state, value, previous, copying)
    : copyObject(state, value, previous, copying);
}

/** What is absent may not count when it is read, but it takes time to copy. */
function countAbsent(state: ReadState, copying: Copying): void {
  const { nodes } = state.limits;
  copying.absent += 1;
  if (copying.absent > nodes + 1_000) {
    report(state, "snapshot_limit", `at most ${nodes} values`, "more");
  }
}

function copyObject(state: ReadState, value: object, previous: unknown, copying: Copying): unknown {
  const prototype = getPrototypeOf(value);
  if (prototype !== objectPrototype && prototype !== null) {
    return report(state, "snapshot_prototype", "a plain object", "an object of another kind");
  }
  if (isWithinItself(state, value, copying)) return BAD;
  const max = state.limits.nodes;
  const keys = hasMoreIndexes(value, max) ? undefined : ownKeys(value);
  if (keys === undefined || keys.length > max) {
    return stop(state, "snapshot_limit", `at most ${max} keys`, "more");
  }
  const place = enterForeign(state, value, copying);
  const known = isRecord(previous) ? previous : undefined;
  const copy = newMap(keys.length, state.nodes);
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as string | symbol;
    if (typeof key === "symbol") {
      place.key = "(symbol)";
      report(state, "snapshot_key", "keys that are strings", "a symbol");
      continue;
    }
    place.key = key;
    const raw = readDescriptor(state, getOwnPropertyDescriptor(value, key));
    copy[key] = copyValue(
      state,
      raw,
      known === undefined ? undefined : ownValue(known, key),
      copying,
    );
  }
  copying.above.length -= 1;
  leave(state);
  return copy;
}

function copyArray(
  state: ReadState,
  value: readonly unknown[],
  previous: unknown,
  copying: Copying,
): unknown {
  if (getPrototypeOf(value) !== arrayPrototype) {
    return report(state, "snapshot_prototype", "a plain array", "an array of another kind");
  }
  if (isWithinItself(state, value, copying)) return BAD;
  const length = getOwnPropertyDescriptor(value, "length")?.value as number;
  const max = state.limits.nodes;
  if (length > max) report(state, "snapshot_limit", `at most ${max} elements`, "more");
  if (ownKeys(value).length - 1 > length) {
    report(state, "snapshot_key", "an array with elements only", "further properties");
  }
  const place = enterForeign(state, value, copying);
  const known = isArray(previous) ? (previous as readonly unknown[]) : undefined;
  const copy = newArray<unknown>(length);
  for (let i = 0; i < length; i++) {
    place.key = i;
    const descriptor = getOwnPropertyDescriptor(value, i);
    if (descriptor === undefined) copy[i] = report(state, "snapshot_type", "a value", "a hole");
    else {
      const raw = readDescriptor(state, descriptor);
      const shown = known !== undefined && i < known.length ? known[i] : undefined;
      copy[i] = copyValue(state, raw, shown, copying);
    }
  }
  copying.above.length -= 1;
  leave(state);
  return copy;
}

/** Reports a container that is in itself. */
function isWithinItself(state: ReadState, value: object, copying: Copying): boolean {
  for (let i = 0; i < copying.above.length; i++) {
    if (copying.above[i] === value) {
      report(state, "snapshot_cycle", "a tree", "a value that contains itself");
      return true;
    }
  }
  return false;
}

function enterForeign(state: ReadState, value: object, copying: Copying): Place {
  append(copying.above, value);
  return descend(state);
}

/**
 * Whether listing the keys would take long for what is small to make: a string object or bytes
 * without their prototype have a key for every unit, and the engine makes each a string.
 */
export function hasMoreIndexes(value: object, max: number): boolean {
  return hasOwn(value, max) && (isView(value) || isTextObject(value));
}

function readDescriptor(state: ReadState, descriptor: PropertyDescriptor | undefined): unknown {
  if (descriptor === undefined) return report(state, "snapshot_key", "a lasting property", "none");
  if (state.origin === "library" && descriptor.enumerable !== true) return undefined;
  // `value` must be own: a patched Object.prototype.value would fool a plain read. An accessor has a
  // `get`, even if it is undefined.
  if ("get" in descriptor && !hasOwn(descriptor, "value")) {
    return report(state, "snapshot_accessor", "a value", "a getter or setter");
  }
  if (descriptor.enumerable !== true) {
    return report(state, "snapshot_key", "an enumerable property", "a hidden one");
  }
  return descriptor.value;
}
