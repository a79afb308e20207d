/**
 * Measures ratios.
 *
 * Absolute times mean nothing across machines, so both sides of a comparison run side by side, in
 * one process if possible, and every round produces one ratio. The median of the rounds decides.
 */
import type { createLane, Lane } from "./lane.ts";
import { type Group, medianOf, type Named, type Row, rowOf, shuffled } from "./rows.ts";

/** One side of a comparison. */
export interface Side {
  /** Runs the operation that many times and returns what the last run returned. This is timed. */
  readonly run: (times: number) => unknown;
  /** Throws unless every run happened and the last returned what it should. Not timed. */
  readonly check: (last: unknown, times: number) => void;
  /** How many items one run handles, if time is reported per item. Default 1. */
  readonly per?: number;
}

/** A side that runs in another process, which measures its own time and checks the result. */
export interface Elsewhere {
  /** Runs the operation that many times and returns its processor time in milliseconds. */
  readonly spend: (times: number) => Promise<number>;
  /** Ends the process. */
  readonly end: () => void;
  readonly per?: number;
}

/** Two sides and the most that their ratio should be. */
export interface Comparison extends Named {
  /** Makes both sides: ours, and the baseline that it is divided by. */
  readonly sides: () => Promise<readonly [ours: Side, baseline: Side | Elsewhere]>;
  /** If given, the figure is our time minus the baseline's, divided by this side's time. */
  readonly unit?: () => Side | Promise<Side>;
}

/** A guarded call needs about ten thousand runs to be compiled, a plain function fewer. */
const warmUp = { leastMs: 400, runs: 12_000, mostMs: 5000 };
const sliceMs = 6;
const slicesARound = 6;

/** A warmed-up side, with the number of runs that fill one slice. */
type Warm = (Side | Elsewhere) & { readonly times: number };

interface Measured {
  readonly comparison: Comparison;
  /** Ours, the baseline, and the unit if there is one. */
  readonly sides: readonly Warm[];
  /** Nanoseconds per operation, by round and side. */
  readonly rounds: (readonly number[])[];
}

/** Loads a fresh copy of the functions for one side. */
export async function newLane(): Promise<Lane> {
  lanes += 1;
  const url = new URL(`./lane.js?lane=${lanes}`, import.meta.url);
  const module = (await import(url.href)) as { readonly createLane: typeof createLane };
  return module.createLane();
}
let lanes = 0;

/** Groups comparisons that are timed in one process. */
export function timed(comparisons: readonly Comparison[]): Group {
  return {
    comparisons,
    measure: (isWanted, rounds) => measure(comparisons.filter(isWanted), rounds),
  };
}

/** Returns each side's nanoseconds per item: the median of rounds in random order. */
export async function timesOf(sides: readonly Side[], rounds: number): Promise<readonly number[]> {
  const all: { readonly side: Warm; readonly took: number[] }[] = [];
  for (const side of sides) all.push({ side: await warmed(side), took: [] });
  for (let round = 0; round < rounds; round += 1) {
    for (const { side, took } of shuffled(all)) {
      took.push(nsOf(side, await spent(side, side.times)));
    }
  }
  return all.map(({ took }) => medianOf(took));
}

/** Warms up every side first, then times them all in random order, round by round. */
async function measure(
  comparisons: readonly Comparison[],
  rounds: number,
): Promise<readonly Row[]> {
  const all: Measured[] = [];
  for (const comparison of comparisons) {
    const [ours, baseline] = await comparison.sides();
    const unit = comparison.unit === undefined ? [] : [await warmed(await comparison.unit())];
    const sides = [await warmed(ours), await warmed(baseline), ...unit];
    all.push({ comparison, sides, rounds: [] });
  }
  for (let round = 0; round < rounds; round += 1) {
    for (const { sides, rounds: taken } of shuffled(all)) {
      globalThis.gc?.({ type: "minor", execution: "sync" });
      taken.push(await oneRound(sides));
    }
  }
  for (const { sides } of all) for (const side of sides) if ("end" in side) side.end();
  return all.map(rowIn);
}

function rowIn({ comparison, rounds }: Measured): Row {
  const ours = rounds.map(([ns = Number.NaN]) => ns);
  const baseline = rounds.map(([, ns = Number.NaN]) => ns);
  const added = rounds.map(([mine = Number.NaN, theirs = Number.NaN, unit = Number.NaN]) => {
    return (mine - theirs) / unit;
  });
  const figures = comparison.unit === undefined ? {} : { figures: added };
  return rowOf(comparison, { ours, baseline, unit: "ns", ...figures });
}

function nsOf({ times, per = 1 }: Warm, spentMs: number): number {
  return (spentMs * 1e6) / (times * per);
}

/**
 * Runs all sides in short alternating slices, in random order, so that other load on the machine
 * affects them all. The engine decides when to collect garbage, mostly while the side runs that
 * makes more of it. Returns each side's nanoseconds per operation.
 */
async function oneRound(sides: readonly Warm[]): Promise<readonly number[]> {
  const tookMs = new Map(sides.map((side) => [side, 0]));
  for (let slice = 0; slice < slicesARound; slice += 1) {
    for (const side of shuffled(sides)) {
      tookMs.set(side, (tookMs.get(side) ?? 0) + (await spent(side, side.times)));
    }
  }
  return sides.map((side) => nsOf(side, (tookMs.get(side) ?? Number.NaN) / slicesARound));
}

/** Runs a side until it is fully compiled, then determines how many runs fill a slice. */
async function warmed(side: Side | Elsewhere): Promise<Warm> {
  let times = 1;
  let runs = 0;
  let spentMs = 0;
  while (spentMs < warmUp.leastMs || (runs < warmUp.runs && spentMs < warmUp.mostMs)) {
    const tookMs = await spent(side, times);
    runs += times;
    spentMs += tookMs;
    if (tookMs < sliceMs / 2) times *= 2;
  }
  const tookMs = await spent(side, times);
  return { ...side, times: Math.max(1, Math.round((times * sliceMs) / tookMs)) };
}

/**
 * Returns the milliseconds for this many runs: processor time of this process, including garbage
 * collection. Nothing here waits, so it is the elapsed time minus what other processes took.
 */
async function spent(side: Side | Elsewhere, times: number): Promise<number> {
  if ("spend" in side) return side.spend(times);
  const { run, check } = side;
  const start = process.cpuUsage();
  const running = run(times);
  const last = running instanceof Promise ? await running : running;
  const { user, system } = process.cpuUsage(start);
  const tookMs = (user + system) / 1000;
  check(last, times);
  return tookMs;
}
