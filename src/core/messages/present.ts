/** Records of what is there. */
import { intrinsics } from "../data/index.ts";

const { enumerableKeys, freeze, newMap } = intrinsics;

/** The entries of a literal that are not `undefined`: frozen, and nothing is found beside them. */
export function present<T extends object>(literal: T): Present<T> {
  const keys = enumerableKeys(literal);
  const record = newMap(keys.length);
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as string;
    const value = (literal as Record<string, unknown>)[key];
    if (value !== undefined) record[key] = value;
  }
  return freeze(record) as Present<T>;
}

/** What may be `undefined` in a literal may be missing in the record. */
type Present<T> = {
  readonly [Key in keyof T as undefined extends T[Key] ? never : Key]: T[Key];
} & {
  readonly [Key in keyof T as undefined extends T[Key] ? Key : never]?: Exclude<T[Key], undefined>;
};
