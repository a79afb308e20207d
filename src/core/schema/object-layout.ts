/**
 * How the objects of a level are made. Every key is an own property, in the order of the schema,
 * so all objects of a level have one shape, and a hidden field looks like an absent one.
 *
 * A literal is twenty times faster than keys that are looked up, and rows F, T, R and W1 of the
 * performance goals need that. So levels that are made on every turn, or by the thousand, have a
 * generated literal; any other level is made key by key.
 */
import { beginsWith, mapped } from "../data/index.ts";
import { enumerableKeys, freeze, newArray, ownValue } from "../data/intrinsics.ts";

/** A level's value, as code that knows only the table handles it. */
export type LevelValue = Readonly<Record<string, unknown>>;

export interface ObjectLayout {
  readonly keys: readonly string[];
  /** A new object of these values, not frozen. */
  readonly build: (values: readonly unknown[]) => Record<string, unknown>;
  /** The values of an object, in a new array. */
  readonly values: (level: LevelValue) => unknown[];
}

/** The generated part of a layout. Without `values`, an object may lack some of its keys. */
export type GeneratedLayout = Pick<ObjectLayout, "build"> & Partial<ObjectLayout>;

/** The layout of a level with these keys: the generated one that has them, or one by key. */
export function layoutOf(
  keys: readonly string[],
  generated: readonly GeneratedLayout[] = [],
): ObjectLayout {
  const found = generated.find(({ build }) => hasKeys(enumerableKeys(build([])), keys));
  return freeze({ ...layoutByKey(freeze([...keys])), ...found });
}

function hasKeys(these: readonly string[], keys: readonly string[]): boolean {
  return these.length === keys.length && beginsWith(these, keys);
}

function layoutByKey(keys: readonly string[]): ObjectLayout {
  const template = Object.fromEntries(keys.map((key) => [key, undefined]));
  return {
    keys,
    build: (values) => {
      const level: Record<string, unknown> = { ...template };
      for (let i = 0; i < keys.length; i++) level[keys[i] as string] = values[i];
      return level;
    },
    // A patched prototype may have what an object lacks.
    values: (level) => mapped(keys, (key) => ownValue(level, key)),
  };
}

/** An object with every key `undefined`, not frozen. */
export function emptyLevel({ build, keys }: ObjectLayout): Record<string, unknown> {
  return build(newArray(keys.length));
}

/** A copy of an object of this layout, not frozen. */
export function copyLevel({ build, values }: ObjectLayout, level: LevelValue) {
  return build(values(level));
}
