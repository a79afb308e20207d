/**
 * Measures ratios.
 *
 * Absolute times mean nothing across machines, so both sides of a comparison run in one process,
 * side by side, and every round gives one ratio. The median of the rounds decides.
 */
import type { createLane, Lane } from "./lane.ts";

/** One of two things that are compared. */
export interface Side {
  /** Runs the operation so many times and gives what the last run gave. This is what is timed. */
  readonly run: (times: number) => unknown;
  /** Throws unless all of it ran and the last run gave what it should. Not timed. */
  readonly check: (last: unknown, times: number) => void;
}

/** Two sides and what their ratio should be at most. */
export interface Comparison {
  readonly id: string;
  readonly workload: string;
  readonly goal: number;
  /** Makes both sides: ours, and what it is divided by. */
  readonly sides: () => Promise<readonly [ours: Side, baseline: Side]>;
}

/** What was measured of one comparison. */
export interface Row {
  readonly id: string;
  readonly workload: string;
  readonly goal: number;
  readonly min: number;
  readonly median: number;
  readonly max: number;
  readonly met: boolean;
  /** Nanoseconds an operation, medians. For reading a profile only. */
  readonly oursNs: number;
  readonly baselineNs: number;
}

const warmUpMs = 400;
const sliceMs = 6;
const slicesARound = 6;

/** A side that is warm, with the number of runs that fill one slice. */
interface Warm extends Side {
  readonly times: number;
}

interface Measured {
  readonly comparison: Comparison;
  readonly sides: readonly [ours: Warm, baseline: Warm];
  /** By round: milliseconds an operation. */
  readonly ours: number[];
  readonly baseline: number[];
}

/** Loads the functions of one side. */
export async function newLane(): Promise<Lane> {
  lanes += 1;
  const url = new URL(`./lane.js?lane=${lanes}`, import.meta.url);
  const module = (await import(url.href)) as { readonly createLane: typeof createLane };
  return module.createLane();
}
let lanes = 0;

/** Warms every side first, then times them all in random order, round by round. */
export async function measure(
  comparisons: readonly Comparison[],
  rounds: number,
): Promise<readonly Row[]> {
  const all: Measured[] = [];
  for (const comparison of comparisons) {
    const [ours, baseline] = await comparison.sides();
    const sides = [await warmed(ours), await warmed(baseline)] as const;
    all.push({ comparison, sides, ours: [], baseline: [] });
  }
  for (let round = 0; round < rounds; round += 1) {
    for (const { sides, ours, baseline } of shuffled(all)) {
      globalThis.gc?.({ type: "minor", execution: "sync" });
      const spent = await oneRound(sides);
      ours.push(spent.ours / sides[0].times);
      baseline.push(spent.baseline / sides[1].times);
    }
  }
  return all.map(rowOf);
}

/**
 * Runs both sides in short slices by turns, in random order: what else the machine does meets
 * both. Garbage is collected when the engine sees fit, mostly while the side that makes more runs.
 */
async function oneRound(sides: Measured["sides"]): Promise<{ ours: number; baseline: number }> {
  let ours = 0;
  let baseline = 0;
  for (let slice = 0; slice < slicesARound; slice += 1) {
    for (const side of shuffled(sides)) {
      const tookMs = await timed(side, side.times);
      if (side === sides[0]) ours += tookMs;
      else baseline += tookMs;
    }
  }
  return { ours: ours / slicesARound, baseline: baseline / slicesARound };
}

/** Runs a side until it is compiled for good, then counts how often it fits into a slice. */
async function warmed(side: Side): Promise<Warm> {
  let times = 1;
  let spentMs = 0;
  while (spentMs < warmUpMs) {
    const tookMs = await timed(side, times);
    spentMs += tookMs;
    if (tookMs < sliceMs / 2) times *= 2;
  }
  const tookMs = await timed(side, times);
  return { ...side, times: Math.max(1, Math.round((times * sliceMs) / tookMs)) };
}

/**
 * Milliseconds for so many runs: processor time of this process, collecting its garbage included.
 * Nothing here waits, so it is the time on a clock, less what other processes took.
 */
async function timed({ run, check }: Side, times: number): Promise<number> {
  const start = process.cpuUsage();
  const running = run(times);
  const last = running instanceof Promise ? await running : running;
  const { user, system } = process.cpuUsage(start);
  const tookMs = (user + system) / 1000;
  check(last, times);
  return tookMs;
}

function rowOf({ comparison: { id, workload, goal }, ours, baseline }: Measured): Row {
  const ratios = ours.map((ms, round) => ms / (baseline[round] ?? Number.NaN));
  const median = medianOf(ratios);
  return {
    id,
    workload,
    goal,
    min: Math.min(...ratios),
    median,
    max: Math.max(...ratios),
    met: median <= goal,
    oursNs: medianOf(ours) * 1e6,
    baselineNs: medianOf(baseline) * 1e6,
  };
}

function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

function shuffled<Item>(items: readonly Item[]): Item[] {
  return items
    .map((item) => ({ item, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}
