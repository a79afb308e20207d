import type { LevelValue } from "../schema/index.ts";

/** The constructor of one level, generated from the table. */
export interface LevelShape {
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
