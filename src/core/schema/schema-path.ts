/** The part of a path that consists of a schema's own names. */

import { append, hasOwn, newList, toArray, weakGet, weakSet } from "../data/intrinsics.ts";
import type { Compiled } from "./compiled.ts";

type Keys = { readonly [key: string]: true };

/** For each compiled schema, the keys of every object in it. */
const schemaKeys = new WeakMap<Compiled, Keys>();

export function keepKeys(compiled: Compiled, keys: Keys): void {
  weakSet(schemaKeys, compiled, keys);
}

/**
 * Returns a problem's path up to the first key that is not part of the schema: such a key is data,
 * and errors do not repeat data.
 */
export function pathInSchema(
  compiled: Compiled,
  path: readonly (string | number)[],
): readonly (string | number)[] {
  const keys = weakGet(schemaKeys, compiled);
  const known = newList<string | number>();
  for (let i = 0; i < path.length; i++) {
    const part = path[i] as string | number;
    if (typeof part === "string" && (keys === undefined || !hasOwn(keys, part))) break;
    append(known, part);
  }
  return toArray(known);
}
