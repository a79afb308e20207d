/** Judges a short run: what exceeds its bound, and which known misses are out of date. */
import type { KnownMiss } from "./known-misses.ts";
import type { Named, Row } from "./rows.ts";

/** A median may be this many times its goal. */
const leeway = 2;

/** A median that exceeds its bound. */
export interface Beyond extends Named {
  readonly median: number;
  readonly bound: number;
}

/** Returns medians beyond twice their goal or their known bound. Skips rows without a goal. */
export function beyondBound(rows: readonly Row[], known: readonly KnownMiss[]): readonly Beyond[] {
  return rows.flatMap(({ id, workload, goal, median }) => {
    if (goal === null) return [];
    const bound = known.find(sameAs({ id, workload }))?.bound ?? goal * leeway;
    // NaN exceeds every bound.
    return median <= bound ? [] : [{ id, workload, goal, median, bound }];
  });
}

/** Returns entries whose comparison is now within twice its goal: they can be removed. */
export function staleEntries(
  rows: readonly Row[],
  known: readonly KnownMiss[],
): readonly KnownMiss[] {
  return known.filter((entry) => {
    const row = rows.find(sameAs(entry));
    return row !== undefined && row.goal !== null && row.median <= row.goal * leeway;
  });
}

/** Returns entries that do not name a comparison with a goal. */
export function misnamedEntries(
  comparisons: readonly Named[],
  known: readonly KnownMiss[],
): readonly KnownMiss[] {
  return known.filter(
    (entry) => !comparisons.some((each) => each.goal !== null && sameAs(entry)(each)),
  );
}

type Key = Pick<Named, "id" | "workload">;

export const sameAs =
  (one: Key) =>
  (other: Key): boolean =>
    one.id === other.id && one.workload === other.workload;
