/** Facts that come in one of several sets. */
import { intrinsics } from "../admit/index.ts";

/**
 * A rule for objects: of the keys named in `sets`, those that are there are the keys of one set,
 * all of them and no others.
 */
export function exactlyOne<Key extends string>(
  sets: readonly (readonly Key[])[],
): (value: { readonly [Each in Key]?: unknown }) => boolean {
  const keys = [...new Set(sets.flat())];
  const masks = sets.map((set) => set.reduce((mask, key) => mask | (1 << keys.indexOf(key)), 0));
  return (value) => {
    let mask = 0;
    for (let i = 0; i < keys.length; i++) {
      if (intrinsics.ownValue(value, keys[i] as Key) !== undefined) mask |= 1 << i;
    }
    for (let i = 0; i < masks.length; i++) if (masks[i] === mask) return true;
    return false;
  };
}
