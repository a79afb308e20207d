/** The results of a measurement: one row for each comparison. */

/** The name of a comparison, and the most that its figure should be. */
export interface Named {
  readonly id: string;
  readonly workload: string;
  /** Null if the figure is only reported. */
  readonly goal: number | null;
}

/** The result of one comparison. The figure is a ratio unless the workload names a unit. */
export interface Row extends Named {
  readonly min: number;
  readonly median: number;
  readonly max: number;
  /** Null if there is no goal. */
  readonly met: boolean | null;
  /** Medians of both sides, per operation. Only for orientation in a profile. */
  readonly ours: number;
  readonly baseline: number | null;
  readonly unit: Unit;
}

/** The unit of `ours` and `baseline`: nanoseconds, bytes, milliseconds, or a count. */
type Unit = "ns" | "B" | "ms" | "";

/** Comparisons that are measured in the same way. */
export interface Group {
  readonly comparisons: readonly Named[];
  /** Measures the wanted comparisons with `rounds` rounds each. */
  readonly measure: (
    isWanted: (comparison: Named) => boolean,
    rounds: number,
  ) => Promise<readonly Row[]>;
}

interface Sides {
  /** One value per round. */
  readonly ours: readonly number[];
  /** One value per round; null if there is nothing to divide by. */
  readonly baseline: readonly number[] | null;
  readonly unit: Unit;
  /** One figure per round, to compare with the goal. Default: ours divided by the baseline. */
  readonly figures?: readonly number[];
}

/** Returns the row of one comparison. The median decides whether the goal is met. */
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
