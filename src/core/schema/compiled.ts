import type { Reader } from "../data/index.ts";

/** A level's value, as code that knows only the table handles it. */
export type LevelValue = Readonly<Record<string, unknown>>;

/** What kind of container a value is. The merge and the filter go by it. */
export type Shape = "level" | "map" | "headers" | "set" | "list" | "scalar";

/** A schema, compiled. What is absent is `undefined`: nothing is looked up on a prototype. */
export interface Compiled {
  readonly shape: Shape;
  readonly read: Reader;
  /** The schema's own checks, for a value that is put together later. */
  readonly passes: ((value: unknown) => boolean) | undefined;
  /** The fields, where the value is a level with known keys. */
  readonly level: Level | undefined;
  /** The elements of a list without other checks than theirs and its length. */
  readonly element: Compiled | undefined;
}

/** One field of a level. */
export interface Field {
  readonly key: string;
  readonly compiled: Compiled;
  readonly optional: boolean;
  /**
   * The value of an absent field, made anew where it is not constant; `undefined` for one that does
   * not pass its own checks.
   */
  readonly fallback: (() => unknown) | undefined;
}

/** A level, compiled. */
export interface Level {
  readonly fields: readonly Field[];
  readonly read: Reader;
  /** A value with every field absent, which new ones are copies of. */
  readonly empty: LevelValue;
}
