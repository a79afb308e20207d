/** How objects of one level are copied and compared, key by key. */

import { intrinsics } from "../data/index.ts";
import { builderByKey, hasKeys, type LevelBuilder, type LevelValue } from "../schema/index.ts";
import { levelForms } from "./level-forms.generated.ts";

/** Of a standard level, generated from the table: each key is named in the source. */
export interface LevelForm extends LevelBuilder {
  /** A copy, not frozen, in the one shape that all objects of the level have. */
  readonly copy: (from: LevelValue) => Record<string, unknown>;
  /** A bit for each key, in order, under which the two do not have the very same. */
  readonly differences: (a: LevelValue, b: LevelValue) => number;
}

/** What `differences` gives of levels that may differ in every key. */
export const everyBit = -1;
const mostBits = 31;

/** The constructors of the standard levels. */
export const levelBuilders: readonly LevelBuilder[] = Object.values(levelForms);

/** The form of a level; one that is no standard level has its keys looked up. */
export function formOf(path: string, keys: readonly string[]): LevelForm {
  const form = intrinsics.hasOwn(levelForms, path) ? levelForms[path] : undefined;
  return form !== undefined && hasKeys(form.keys, keys) ? form : formByKey(keys);
}

function formByKey(keys: readonly string[]): LevelForm {
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
