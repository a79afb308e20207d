/** Looks at one property of what may be any value. Nothing of it runs. */
import { intrinsics } from "../data/index.ts";

const { getOwnPropertyDescriptor, hasOwn, isArray, isProxy } = intrinsics;

/** Stands for a property that cannot be read without running code. No schema accepts it. */
const unreadable = Symbol("unreadable");

export function ownDatum(source: unknown, key: string): unknown {
  if (typeof source !== "object" || source === null || isProxy(source)) return undefined;
  // An object of `vm`, and a proxy where the runtime cannot tell one, runs code, which can throw.
  try {
    const found = getOwnPropertyDescriptor(source, key);
    if (found === undefined) return undefined;
    return hasOwn(found, "value") ? found.value : unreadable;
  } catch {
    return unreadable;
  }
}

/** Whether a value may have fields: an object that is neither a proxy nor an array. */
export function mayHaveFields(value: unknown): value is object {
  if (typeof value !== "object" || value === null || isProxy(value)) return false;
  try {
    return !isArray(value);
  } catch {
    return false;
  }
}
