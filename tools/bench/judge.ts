/** Judges a short run: what is beyond its bound, and which known misses are none any more. */
import type { KnownMiss } from "./known-misses.ts";
import type { Named, Row } from "./rows.ts";

/** How many times its goal a median may be. */
const leeway = 2;

/** A median beyond what it may be. */
export interface Beyond extends Named {
  readonly median: number;
  readonly bound: number;
}

/** Twice the goal, or what the entry of a known miss says. Nothing without a goal is beyond. */
export function beyondBound(rows: readonly Row[], known: readonly KnownMiss[]): readonly Beyond[] {
  return rows.flatMap(({ id, workload, goal, median }) => {
    if (goal === null) return [];
    const bound = known.find(sameAs({ id, workload }))?.bound ?? goal * leeway;
    // What is not a number is beyond every bound.
    return median <= bound ? [] : [{ id, workload, goal, median, bound }];
  });
}

/** Entries whose comparison is within twice its goal: they can go. */
export function staleEntries(
  rows: readonly Row[],
  known: readonly KnownMiss[],
): readonly KnownMiss[] {
  return known.filter((entry) => {
    const row = rows.find(sameAs(entry));
    return row !== undefined && row.goal !== null && row.median <= row.goal * leeway;
  });
}

/** Entries that name no comparison with a goal. */
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
