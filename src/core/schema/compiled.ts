import type { Reader } from "../data/index.ts";

/** The value of a level, as seen by code that only knows the slot table. */
export type LevelValue = Readonly<Record<string, unknown>>;

/** The kind of container that a value is, which merge and filter depend on. */
export type Shape = "level" | "map" | "headers" | "set" | "list" | "scalar";

/** A compiled schema. Absent parts are `undefined`, so that none is looked up on a prototype. */
export interface Compiled {
  readonly shape: Shape;
  readonly read: Reader;
  /** Applies the schema's own checks to a value that was put together later. */
  readonly passes: ((value: unknown) => boolean) | undefined;
  /** The fields, where the value is a level with known keys. */
  readonly level: Level | undefined;
  /** The element schema, if a list has no checks but those of its elements and its length. */
  readonly element: Compiled | undefined;
}

/** One field of a level. */
export interface Field {
  readonly key: string;
  readonly compiled: Compiled;
  readonly optional: boolean;
  /**
   * Returns the value of an absent field, computed each time unless it is constant; `undefined` if
   * it does not pass the field's own checks.
   */
  readonly fallback: (() => unknown) | undefined;
}

/** A compiled level. */
export interface Level {
  readonly fields: readonly Field[];
  readonly read: Reader;
  /** A value with every field absent; new ones are copies of it. */
  readonly empty: LevelValue;
}
