/** The sums of a score hook: adds the numbers that a handler returned, or says what is wrong. */
import { hasMoreIndexes } from "../data/index.ts";
import {
  apply,
  getOwnPropertyDescriptor,
  getPrototypeOf,
  hasOwn,
  isArray,
  isFiniteNumber,
  isProxy,
  objectPrototype,
  ownKeys,
} from "../data/intrinsics.ts";
import { quoteName } from "../errors/index.ts";
import { dropPromises } from "../schema/index.ts";

const forEachEntry = Map.prototype.forEach;
const entryCount = getOwnPropertyDescriptor(Map.prototype, "size")?.get as () => number;

/** Sums by id. They have no prototype, so `__proto__` is an id like any other. */
export type Sums = { [id: string]: number };

/** Names the type of a value for a message. `undefined` and `null` are "nothing". */
export function typeOf(value: unknown): string {
  if (value === undefined || value === null) return "nothing";
  return isArray(value) ? "array" : typeof value;
}

/** Adds what a handler returned. Returns what is wrong with it, or `undefined`. */
export function addDeltas(sums: Sums, returned: unknown, max: number): string | undefined {
  try {
    const size = sizeOfMap(returned);
    if (size === undefined) return addRecord(sums, returned, max);
    return size > max ? tooMany(max) : addMap(sums, returned as ReadonlyMap<unknown, unknown>);
  } catch {
    // The global object of another context can run code when it is read.
    return "an object that throws when it is read; expected record of string to number";
  }
}

const tooMany = (max: number): string => `more than ${max} ids`;

/** Returns the size of a real `Map`, whatever its class claims; `undefined` for anything else. */
function sizeOfMap(value: unknown): number | undefined {
  if (typeof value !== "object" || value === null || isProxy(value)) return undefined;
  // Most handlers return a record, and for a record the call below would throw, which is slow.
  if (getPrototypeOf(value) === objectPrototype) return undefined;
  try {
    return apply(entryCount, value, []);
  } catch {
    return undefined;
  }
}

function addMap(sums: Sums, map: ReadonlyMap<unknown, unknown>): string | undefined {
  let fault: string | undefined;
  apply(forEachEntry, map, [
    (delta: unknown, id: unknown) => {
      const wrong =
        typeof id === "string" || typeof id === "number"
          ? add(sums, `${id}`, delta)
          : `${typeOf(id)} as id; expected record of string to number`;
      fault ??= wrong;
      if (wrong !== undefined) dropPromises([id, delta]);
    },
  ]);
  return fault;
}

function addRecord(sums: Sums, returned: unknown, max: number): string | undefined {
  const unfit = `${typeOf(returned)}; expected record of string to number`;
  if (typeof returned !== "object" || returned === null) return unfit;
  if (isArray(returned)) {
    dropPromises(returned);
    return unfit;
  }
  if (isProxy(returned)) return "proxy; expected record of string to number";
  const prototype = getPrototypeOf(returned);
  if (prototype !== objectPrototype && prototype !== null)
    return "an instance of a class; expected record of string to number";
  if (hasMoreIndexes(returned, max)) return tooMany(max);
  const ids = ownKeys(returned);
  if (ids.length > max) return tooMany(max);
  let fault: string | undefined;
  for (let i = 0; i < ids.length; i++) {
    const id = ids[i];
    const delta = getOwnPropertyDescriptor(returned, id as string);
    const wrong = wrongIn(sums, id, delta);
    fault ??= wrong;
    if (wrong !== undefined) dropPromises(delta?.value);
  }
  return fault;
}

function wrongIn(
  sums: Sums,
  id: unknown,
  delta: PropertyDescriptor | undefined,
): string | undefined {
  if (typeof id !== "string") return "symbol as id; expected record of string to number";
  if (delta === undefined || !hasOwn(delta, "value"))
    return `a getter for ${quoteName(id)}; expected a finite number`;
  return add(sums, id, delta.value);
}

function add(sums: Sums, id: string, delta: unknown): string | undefined {
  if (typeof delta !== "number" || !isFiniteNumber(delta)) {
    const what = typeof delta === "number" ? `${delta}` : typeOf(delta);
    return `${what} for ${quoteName(id)}; expected a finite number`;
  }
  const sum = (sums[id] ?? 0) + delta;
  if (!isFiniteNumber(sum)) return `a number for ${quoteName(id)} whose sum is not finite`;
  sums[id] = sum;
  return undefined;
}
