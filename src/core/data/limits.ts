/** How large a value may be, and how large it is. */
import { optionsInvalid, quoted } from "../errors/index.ts";
import {
  enumerableKeys,
  freeze,
  getPrototypeOf,
  hasOwn,
  isArray,
  newRecord,
  ownValue,
  weakGet,
  weakSet,
} from "./intrinsics.ts";
import { readWhole } from "./read-options.ts";

/** How large a value may be. Lengths are in UTF-16 units; depth counts nested containers. */
export interface Limits {
  readonly depth: number;
  readonly nodes: number;
  readonly units: number;
  readonly keyUnits: number;
  readonly labels: number;
  readonly labelCodePoints: number;
  readonly headers: number;
  readonly headerNameUnits: number;
  readonly headerValueUnits: number;
  readonly hops: number;
  readonly hopScopes: number;
  /** Length of JSON text, checked before it is parsed: keys and punctuation count as well. */
  readonly textUnits: number;
}

/** For extensions, from any source. */
export const extensionsLimits: Limits = Object.freeze({
  depth: 32,
  nodes: 20_000,
  units: 1_048_576,
  keyUnits: 256,
  labels: 256,
  labelCodePoints: 128,
  headers: 128,
  headerNameUnits: 128,
  headerValueUnits: 8_192,
  hops: 16,
  hopScopes: 64,
  textUnits: 4_194_304,
});

/** For payloads and messages. */
export const payloadLimits: Limits = Object.freeze({
  ...extensionsLimits,
  depth: 64,
  nodes: 1_000_000,
  units: 16_777_216,
  textUnits: 33_554_432,
});

const names = Object.freeze(Object.keys(extensionsLimits)) as readonly (keyof Limits)[];

/** Whether every value within `narrow` is also within `wide`. */
export function areWithin(narrow: Limits, wide: Limits): boolean {
  if (narrow === wide) return true;
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as keyof Limits;
    if (narrow[name] > wide[name]) return false;
  }
  return true;
}

/** Reading a deeper value takes so many nested calls that the stack might overflow. */
const maxDepth = 1_000;

/**
 * Returns `defaults` overridden by the limits in `given`. Those that are `undefined` are ignored.
 *
 * @throws GlassineError `options_invalid`
 */
export function limitsOver(defaults: Limits, given: unknown, option = "limits"): Limits {
  if (given === undefined || given === defaults) return defaults;
  if (typeof given !== "object" || given === null || isArray(given)) {
    throw optionsInvalid(`${option} must be an object with some of the limits.`);
  }
  const changed = newRecord() as { -readonly [Name in keyof Limits]?: number };
  const givenNames = enumerableKeys(given);
  for (let i = 0; i < givenNames.length; i++) {
    const name = givenNames[i] as string;
    if (!hasOwn(defaults, name)) {
      throw optionsInvalid(`${option} has no ${quoted(name)}; it has ${names.join(", ")}.`);
    }
    const limit = ownValue(given, name);
    if (limit === undefined) continue;
    const most = name === "depth" ? maxDepth : undefined;
    changed[name as keyof Limits] = readWhole(`${option}.${name}`, limit, most);
  }
  // The very `defaults`, so that they can be recognized by identity.
  return enumerableKeys(changed).length === 0 ? defaults : freeze({ ...defaults, ...changed });
}

let inForce: Limits = payloadLimits;

/** The limits of the current call, or the library's own outside of one. */
export function payloadLimitsInForce(): Limits {
  return inForce;
}

/**
 * Runs `work` under the limits in `given`, or under those already in force if it is `undefined`.
 * `work` is synchronous, so no other call comes under them.
 *
 * @throws GlassineError `options_invalid`
 */
export function underPayloadLimits<Result>(given: unknown, work: () => Result): Result {
  if (given === undefined) return work();
  const before = inForce;
  inForce = limitsOver(payloadLimits, given);
  try {
    return work();
  } finally {
    inForce = before;
  }
}

export interface Size {
  nodes: number;
  /** UTF-16 units of strings, and of keys that are data. */
  units: number;
}

// A frozen value keeps its size, so a size that is cached here need not be counted again.
const sizes = new WeakMap<object, Readonly<Size>>();
/** A container with fewer values is counted faster than it is looked up. */
const minCachedNodes = 16;

/** Adds the size of a value that this library made, or subtracts it with `times` -1. */
export function addSize(sum: Size, value: unknown, times: 1 | -1 = 1): void {
  if (value === undefined) return;
  if (typeof value === "object" && value !== null) {
    const { nodes, units } = sizeOf(value);
    sum.nodes += times * nodes;
    sum.units += times * units;
    return;
  }
  sum.nodes += times;
  if (typeof value === "string") sum.units += times * value.length;
}

/** Adds the size of `after` less that of `before`. */
export function addGrowth(sum: Size, before: unknown, after: unknown): void {
  if (before === after) return;
  addSize(sum, after);
  addSize(sum, before, -1);
}

/** Adds the size of a map entry. */
export function addEntry(sum: Size, key: string, value: unknown): void {
  addSize(sum, value);
  sum.units += key.length;
}

function sizeOf(container: object): Readonly<Size> {
  const known = weakGet(sizes, container);
  if (known !== undefined) return known;
  const size: Size = { nodes: 1, units: 0 };
  if (isArray(container)) {
    for (let i = 0; i < container.length; i++) addSize(size, container[i]);
  } else {
    // A level has a prototype, and its keys come from the schema. In a map they are data.
    const isMap = getPrototypeOf(container) === null;
    const keys = enumerableKeys(container);
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i] as string;
      if (isMap) size.units += key.length;
      addSize(size, (container as Record<string, unknown>)[key]);
    }
  }
  if (size.nodes >= minCachedNodes) weakSet(sizes, container, size);
  return size;
}

/** Returns the limit that `after` exceeds and has grown in, worded for a problem. */
export function outgrows(after: object, before: object, limits: Limits): string | undefined {
  const whole: Size = { nodes: 0, units: 0 };
  addSize(whole, after);
  if (whole.nodes <= limits.nodes && whole.units <= limits.units) return undefined;
  const grown: Size = { nodes: whole.nodes, units: whole.units };
  addSize(grown, before, -1);
  return outgrown(whole, grown, limits);
}

/** Returns the limit that `whole` exceeds and in which it has grown, worded for a problem. */
export function outgrown(whole: Size, grown: Size, limits: Limits): string | undefined {
  if (whole.nodes > limits.nodes && grown.nodes > 0) return `at most ${limits.nodes} values`;
  return whole.units > limits.units && grown.units > 0
    ? `at most ${limits.units} UTF-16 units of text`
    : undefined;
}
