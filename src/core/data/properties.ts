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
import { type Bad, countUnits, report, stop, type Walk } from "./walk.ts";

/** The words for a type in problems. Call it only where a proxy is excluded or read already. */
export function typeName(value: unknown): string {
  if (value === null) return "null";
  if (typeof value !== "object") return typeof value;
  return isArray(value) ? "array" : "object";
}

/** Whether an object is a plain record: no class instance or foreign object. */
export function isRecord(walk: Walk, value: object): boolean {
  if (walk.origin === "parsed") return true;
  const prototype = prototypeOf(walk, value);
  if (prototype === objectPrototype || prototype === null) return true;
  report(walk, "snapshot_prototype", "a plain object", "an object of another kind");
  return false;
}

/** Whether an array is a genuine one of this realm. */
export function isPlainArray(walk: Walk, value: readonly unknown[]): boolean {
  if (walk.origin === "parsed" || prototypeOf(walk, value) === arrayPrototype) return true;
  report(walk, "snapshot_prototype", "a plain array", "an array of another kind");
  return false;
}

/** `object`, `array` or neither, told without running code of the value. */
export function containerKind(walk: Walk, value: unknown): "object" | "array" | undefined | Bad {
  if (typeof value !== "object" || value === null) return undefined;
  if (walk.origin !== "parsed" && isProxy(value)) {
    return report(walk, "snapshot_proxy", "plain data", "a proxy");
  }
  try {
    return isArray(value) ? "array" : "object";
  } catch {
    return runsCode(walk);
  }
}

// A contextified object of `vm`, and a proxy where the runtime cannot tell one, runs code when
// it is read, and that code can throw.
function runsCode(walk: Walk): never {
  return stop(walk, "snapshot_proxy", "plain data", "an object that throws when it is read");
}

function prototypeOf(walk: Walk, value: object): object | null {
  try {
    return getPrototypeOf(value);
  } catch {
    return runsCode(walk);
  }
}

function descriptorOf(walk: Walk, value: object, key: string | number) {
  try {
    return getOwnPropertyDescriptor(value, key);
  } catch {
    return runsCode(walk);
  }
}

function allKeysOf(walk: Walk, value: object): readonly (string | symbol)[] {
  try {
    return walk.origin === "parsed" ? enumerableKeys(value) : ownKeys(value);
  } catch {
    return runsCode(walk);
  }
}

/** The own keys of a record. Every one must be read with `readProperty`. */
export function keysOf(walk: Walk, value: object): readonly (string | symbol)[] {
  const max = walk.limits.nodes;
  const tooMany = walk.origin !== "parsed" && isOverlong(walk, value, max);
  const keys = tooMany ? undefined : allKeysOf(walk, value);
  if (keys !== undefined && keys.length <= max) return keys;
  return stop(walk, "snapshot_limit", `at most ${max} keys`, "more");
}

function isOverlong(walk: Walk, value: object, max: number): boolean {
  try {
    return hasMoreIndexes(value, max);
  } catch {
    return runsCode(walk);
  }
}

/**
 * Whether listing the keys would take long for what is small to make: a text object or bytes
 * without their prototype have a key for every unit, and the engine makes each a text.
 */
export function hasMoreIndexes(value: object, max: number): boolean {
  return hasOwn(value, max) && (isView(value) || isTextObject(value));
}

/** Reads one own data property. Sets the walk's path to it first. */
export function readProperty(walk: Walk, value: object, key: string | symbol): unknown {
  if (typeof key !== "string") {
    walk.path[walk.depth - 1] = "(symbol)";
    return report(walk, "snapshot_key", "keys that are texts", "a symbol");
  }
  walk.path[walk.depth - 1] = key;
  if (walk.origin === "parsed") return (value as Record<string, unknown>)[key];
  return readDescriptor(walk, descriptorOf(walk, value, key));
}

/** Reads one element of a genuine array. A hole is no value. */
export function readElement(walk: Walk, value: readonly unknown[], index: number): unknown {
  walk.path[walk.depth - 1] = index;
  if (walk.origin === "parsed") return value[index];
  const descriptor = descriptorOf(walk, value, index);
  if (descriptor === undefined) return report(walk, "snapshot_type", "a value", "a hole");
  return readDescriptor(walk, descriptor);
}

function readDescriptor(walk: Walk, descriptor: PropertyDescriptor | undefined): unknown {
  if (descriptor === undefined) return report(walk, "snapshot_key", "a lasting property", "none");
  if (walk.origin === "library" && descriptor.enumerable !== true) return undefined;
  // `value` must be own: a patched Object.prototype.value would fool a plain read. An accessor has a
  // `get`, be it undefined, and that is told sooner.
  if ("get" in descriptor && !hasOwn(descriptor, "value")) {
    return report(walk, "snapshot_accessor", "a value", "a getter or setter");
  }
  if (descriptor.enumerable !== true) {
    return report(walk, "snapshot_key", "an enumerable property", "a hidden one");
  }
  return descriptor.value;
}

/** The length of an array, read once and held against the limit before anything else. */
export function lengthOf(walk: Walk, value: readonly unknown[], max: number): number {
  const length =
    walk.origin === "parsed"
      ? value.length
      : (descriptorOf(walk, value, "length")?.value as number);
  if (length > max) report(walk, "snapshot_limit", `at most ${max} elements`, "more");
  return length;
}

/**
 * How many elements an array has: with holes fewer than its length, each told when it is read.
 * `BAD` with a symbol or named property.
 */
export function elementsOf(walk: Walk, value: readonly unknown[], length: number): number | Bad {
  if (walk.origin === "parsed") return length;
  const count = allKeysOf(walk, value).length - 1;
  if (count <= length) return count;
  return report(walk, "snapshot_key", "an array with elements only", "further properties");
}

/** Checks the key of a map, whose keys are data. `isKnown`: it was checked before. */
export function checkKey(walk: Walk, key: string, isKnown = false): boolean {
  if (key.length > walk.limits.keyUnits) {
    report(walk, "snapshot_limit", `keys of at most ${walk.limits.keyUnits} units`, "a longer one");
  }
  countUnits(walk, key.length);
  if (!isKnown && !isWellFormed(key)) {
    report(walk, "snapshot_key", "keys that are valid Unicode", "a lone surrogate");
    return false;
  }
  // From a plugin `__proto__` is an attack or a slip; in a decoded map it is data.
  if (walk.origin === "plugin" && key === "__proto__") {
    stop(walk, "snapshot_key", "ordinary keys", "__proto__");
  }
  return true;
}

/** Checks a text that was found. One that stands there already was checked before. */
export function checkText(walk: Walk, text: string, hint?: unknown): string | Bad {
  countUnits(walk, text.length);
  return text === hint || isWellFormed(text)
    ? text
    : report(walk, "snapshot_string", "valid Unicode", "a lone surrogate");
}

/** Whether all of `text` is printable ASCII, where most names end. */
export function isPrintableAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const unit = charCodeAt(text, i);
    if (unit < 0x20 || unit > 0x7e) return false;
  }
  return true;
}
