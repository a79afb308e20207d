/** How the objects of a level are made out of their values. */

import { beginsWith } from "../data/index.ts";
import { freeze } from "../data/intrinsics.ts";
import type { ObjectBuilder } from "./compiled.ts";

/** The one that was made for these keys, or one that knows any. */
export function builderOf(
  keys: readonly string[],
  builders: readonly ObjectBuilder[] = [],
): ObjectBuilder {
  return builders.find((each) => hasKeys(each.keys, keys)) ?? builderByKey(keys);
}

/** Whether a level has these keys, in this order. */
export function hasKeys(these: readonly string[], keys: readonly string[]): boolean {
  return these.length === keys.length && beginsWith(these, keys);
}

/** Makes a level of any keys. */
export function builderByKey(keys: readonly string[]): ObjectBuilder {
  const template = freeze(Object.fromEntries(keys.map((key) => [key, undefined])));
  const build = (values: readonly unknown[]) => {
    const level: Record<string, unknown> = { ...template };
    for (let i = 0; i < keys.length; i++) level[keys[i] as string] = values[i];
    return level;
  };
  return { keys, build };
}
