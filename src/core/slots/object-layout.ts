/** How objects of one level are copied and compared, key by key. */

import { intrinsics } from "../data/index.ts";
import { builderByKey, hasKeys, type ObjectBuilder } from "../schema/index.ts";
import type { ObjectLayout } from "./object-layout-types.ts";
import { objectLayouts } from "./object-layouts.generated.ts";

/** What `differences` gives of levels that may differ in every key. */
export const everyBit = -1;
const mostBits = 31;

/** The constructors of the standard levels. */
export const levelBuilders: readonly ObjectBuilder[] = Object.values(objectLayouts);

/** The form of a level; one that is no standard level has its keys looked up. */
export function layoutOf(path: string, keys: readonly string[]): ObjectLayout {
  const layout = intrinsics.hasOwn(objectLayouts, path) ? objectLayouts[path] : undefined;
  return layout !== undefined && hasKeys(layout.keys, keys) ? layout : layoutByKey(keys);
}

function layoutByKey(keys: readonly string[]): ObjectLayout {
  return {
    ...builderByKey(keys),
    copy: (from) => ({ ...from }),
    differences: (a, b) => {
      if (keys.length > mostBits) return everyBit;
      let bits = 0;
      for (let i = 0; i < keys.length; i++) {
        const key = keys[i] as string;
        if (a[key] !== b[key]) bits |= 1 << i;
      }
      return bits;
    },
  };
}

/** The first key from an index on that `differences` gave; past all of them where none is left. */
export function nextDiffering(bits: number, from: number): number {
  if (bits === everyBit) return from;
  const rest = bits & (-1 << from);
  return rest === 0 ? mostBits : 31 - intrinsics.clz32(rest & -rest);
}
