import type { LevelValue, ObjectBuilder } from "../schema/index.ts";

/** Of a standard level, generated from the table: each key is named in the source. */
export interface ObjectLayout extends ObjectBuilder {
  /** A copy, not frozen, in the one shape that all objects of the level have. */
  readonly copy: (from: LevelValue) => Record<string, unknown>;
  /** A bit for each key, in order, under which the two do not have the very same. */
  readonly differences: (a: LevelValue, b: LevelValue) => number;
}

/** The constructor of one level, generated from the table. */
export interface ViewLayout {
  readonly keys: readonly string[];
  /** The one field that is itself cut; it is handed in. */
  readonly part: string | undefined;
  readonly partOf: (from: LevelValue) => unknown;
  /** Takes what is `on` from `from`; everything else is `undefined`. */
  readonly build: (
    from: LevelValue,
    on: readonly boolean[],
    part: unknown,
  ) => Record<string, unknown>;
  /** Whether `says` holds of anything in a level that was built, the part aside. */
  readonly any: (level: LevelValue, says: (value: unknown) => boolean) => boolean;
}
