/**
 * The only way a property of a foreign value is read: once, through its own descriptor.
 * Source of the rules: docs/threat-model.md, "read once".
 */
import {
  arrayPrototype,
  charCodeAt,
  enumerableKeys,
  getOwnPropertyDescriptor,
  getPrototypeOf,
  hasOwn,
  isArray,
  isProxy,
  isTextObject,
  isView,
  isWellFormed,
  objectPrototype,
  ownKeys,
} from "./intrinsics.ts";
import { type Bad, countUnits, type ReadState, report, stop } from "./read-state.ts";

/** The words for a type in problems. Call it only where a proxy is excluded or read already. */
export function typeName(value: unknown): string {
  if (value === null) return "null";
  if (typeof value !== "object") return typeof value;
  return isArray(value) ? "array" : "object";
}

/** Whether an object is a plain record: no class instance or foreign object. */
export function isRecord(state: ReadState, value: object): boolean {
  if (state.origin === "parsed") return true;
  const prototype = prototypeOf(state, value);
  if (prototype === objectPrototype || prototype === null) return true;
  report(state, "snapshot_prototype", "a plain object", "an object of another kind");
  return false;
}

/** Whether an array is a genuine one of this realm. */
export function isPlainArray(state: ReadState, value: readonly unknown[]): boolean {
  if (state.origin === "parsed" || prototypeOf(state, value) === arrayPrototype) return true;
  report(state, "snapshot_prototype", "a plain array", "an array of another kind");
  return false;
}

/** `object`, `array` or neither, found out without running code of the value. */
export function containerKind(
  state: ReadState,
  value: unknown,
): "object" | "array" | undefined | Bad {
  if (typeof value !== "object" || value === null) return undefined;
  if (state.origin !== "parsed" && isProxy(value)) {
    return report(state, "snapshot_proxy", "plain data", "a proxy");
  }
  try {
    return isArray(value) ? "array" : "object";
  } catch {
    return runsCode(state);
  }
}

// A contextified object of `vm`, and a proxy where the runtime cannot tell one, runs code when
// it is read, and that code can throw.
function runsCode(state: ReadState): never {
  return stop(state, "snapshot_proxy", "plain data", "an object that throws when it is read");
}

function prototypeOf(state: ReadState, value: object): object | null {
  try {
    return getPrototypeOf(value);
  } catch {
    return runsCode(state);
  }
}

function descriptorOf(state: ReadState, value: object, key: string | number) {
  try {
    return getOwnPropertyDescriptor(value, key);
  } catch {
    return runsCode(state);
  }
}

function allKeysOf(state: ReadState, value: object): readonly (string | symbol)[] {
  try {
    return state.origin === "parsed" ? enumerableKeys(value) : ownKeys(value);
  } catch {
    return runsCode(state);
  }
}

/** The own keys of a record. Every one must be read with `readProperty`. */
export function keysOf(state: ReadState, value: object): readonly (string | symbol)[] {
  const max = state.limits.nodes;
  const tooMany = state.origin !== "parsed" && isOverlong(state, value, max);
  const keys = tooMany ? undefined : allKeysOf(state, value);
  if (keys !== undefined && keys.length <= max) return keys;
  return stop(state, "snapshot_limit", `at most ${max} keys`, "more");
}

function isOverlong(state: ReadState, value: object, max: number): boolean {
  try {
    return hasMoreIndexes(value, max);
  } catch {
    return runsCode(state);
  }
}

/**
 * Whether listing the keys would take long for what is small to make: a text object or bytes
 * without their prototype have a key for every unit, and the engine makes each a text.
 */
export function hasMoreIndexes(value: object, max: number): boolean {
  return hasOwn(value, max) && (isView(value) || isTextObject(value));
}

/** Reads one own data property. Sets the path of the state to it first. */
export function readProperty(state: ReadState, value: object, key: string | symbol): unknown {
  if (typeof key !== "string") {
    state.path[state.depth - 1] = "(symbol)";
    return report(state, "snapshot_key", "keys that are texts", "a symbol");
  }
  state.path[state.depth - 1] = key;
  if (state.origin === "parsed") return (value as Record<string, unknown>)[key];
  return readDescriptor(state, descriptorOf(state, value, key));
}

/** Reads one element of a genuine array. A hole is no value. */
export function readElement(state: ReadState, value: readonly unknown[], index: number): unknown {
  state.path[state.depth - 1] = index;
  if (state.origin === "parsed") return value[index];
  const descriptor = descriptorOf(state, value, index);
  if (descriptor === undefined) return report(state, "snapshot_type", "a value", "a hole");
  return readDescriptor(state, descriptor);
}

function readDescriptor(state: ReadState, descriptor: PropertyDescriptor | undefined): unknown {
  if (descriptor === undefined) return report(state, "snapshot_key", "a lasting property", "none");
  if (state.origin === "library" && descriptor.enumerable !== true) return undefined;
  // `value` must be own: a patched Object.prototype.value would fool a plain read. An accessor has a
  // `get`, be it undefined, and that is told sooner.
  if ("get" in descriptor && !hasOwn(descriptor, "value")) {
    return report(state, "snapshot_accessor", "a value", "a getter or setter");
  }
  if (descriptor.enumerable !== true) {
    return report(state, "snapshot_key", "an enumerable property", "a hidden one");
  }
  return descriptor.value;
}

/** The length of an array, read once and held against the limit before anything else. */
export function lengthOf(state: ReadState, value: readonly unknown[], max: number): number {
  const length =
    state.origin === "parsed"
      ? value.length
      : (descriptorOf(state, value, "length")?.value as number);
  if (length > max) report(state, "snapshot_limit", `at most ${max} elements`, "more");
  return length;
}

/**
 * How many elements an array has: with holes fewer than its length, each told when it is read.
 * `BAD` with a symbol or named property.
 */
export function elementsOf(
  state: ReadState,
  value: readonly unknown[],
  length: number,
): number | Bad {
  if (state.origin === "parsed") return length;
  const count = allKeysOf(state, value).length - 1;
  if (count <= length) return count;
  return report(state, "snapshot_key", "an array with elements only", "further properties");
}

/** Checks the key of a map, whose keys are data. `isKnown`: it was checked before. */
export function checkKey(state: ReadState, key: string, isKnown = false): boolean {
  if (key.length > state.limits.keyUnits) {
    report(
      state,
      "snapshot_limit",
      `keys of at most ${state.limits.keyUnits} units`,
      "a longer one",
    );
  }
  countUnits(state, key.length);
  if (!isKnown && !isWellFormed(key)) {
    report(state, "snapshot_key", "keys that are valid Unicode", "a lone surrogate");
    return false;
  }
  // From a plugin `__proto__` is an attack or a slip; in a decoded map it is data.
  if (state.origin === "plugin" && key === "__proto__") {
    stop(state, "snapshot_key", "ordinary keys", "__proto__");
  }
  return true;
}

/** Checks a text that was found. One that stands there already was checked before. */
export function checkText(state: ReadState, text: string, previous?: unknown): string | Bad {
  countUnits(state, text.length);
  return text === previous || isWellFormed(text)
    ? text
    : report(state, "snapshot_string", "valid Unicode", "a lone surrogate");
}

/** Whether all of `text` is printable ASCII, where most names end. */
export function isPrintableAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const unit = charCodeAt(text, i);
    if (unit < 0x20 || unit > 0x7e) return false;
  }
  return true;
}
