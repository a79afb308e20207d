/** The results of a measurement: one row for each comparison. */

/** What a comparison is called, and what its figure should be at most. */
export interface Named {
  readonly id: string;
  readonly workload: string;
  /** Null if the figure is only reported. */
  readonly goal: number | null;
}

/** What was measured of one comparison. The figure is a ratio unless the workload names a unit. */
export interface Row extends Named {
  readonly min: number;
  readonly median: number;
  readonly max: number;
  /** Null if there is no goal. */
  readonly met: boolean | null;
  /** Medians of both sides, for one operation. For reading a profile only. */
  readonly ours: number;
  readonly baseline: number | null;
  readonly unit: Unit;
}

/** Of `ours` and `baseline`: nanoseconds, bytes, milliseconds, or a count. */
type Unit = "ns" | "B" | "ms" | "";

/** Comparisons that are measured alike. */
export interface Group {
  readonly comparisons: readonly Named[];
  /** Measures the wanted ones, so many rounds each. */
  readonly measure: (
    isWanted: (comparison: Named) => boolean,
    rounds: number,
  ) => Promise<readonly Row[]>;
}

interface Sides {
  /** By round. */
  readonly ours: readonly number[];
  /** By round; null where there is nothing to divide by. */
  readonly baseline: readonly number[] | null;
  readonly unit: Unit;
  /** By round: what is compared with the goal. Default: ours over the baseline. */
  readonly figures?: readonly number[];
}

/** The row of one comparison: the median decides. */
export function rowOf(
  { id, workload, goal }: Named,
  { ours, baseline, unit, ...given }: Sides,
): Row {
  const figures =
    given.figures ?? ours.map((value, round) => value / (baseline?.[round] ?? Number.NaN));
  const median = medianOf(figures);
  return {
    id,
    workload,
    goal,
    min: Math.min(...figures),
    median,
    max: Math.max(...figures),
    met: goal === null ? null : median <= goal,
    ours: medianOf(ours),
    baseline: baseline === null ? null : medianOf(baseline),
    unit,
  };
}

export function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

export function shuffled<Item>(items: readonly Item[]): Item[] {
  return items
    .map((item) => ({ item, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}
