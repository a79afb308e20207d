/**
 * Measures held memory: the heap in use after a forced collection, minus the heap before.
 *
 * Each comparison needs a process of its own, or what another one left behind would count.
 */
import { setImmediate } from "node:timers/promises";
import { type Group, type Named, type Row, rowOf, shuffled } from "./rows.ts";

/** Objects that are held in memory until they are released. */
interface Holding {
  /** Throws unless all of them are there. */
  readonly check: () => void;
  /** Releases them, and throws unless they ended as they should. */
  readonly release: () => Promise<void> | void;
}

/** Starts or makes `count` things and holds them. */
export type Holder = (count: number) => Promise<Holding>;

export interface SizedComparison extends Named {
  /**
   * `held`: the ratio of the bytes that both sides hold. `left`: what our side leaves after its
   * release, divided by what it held.
   */
  readonly figure: "held" | "left";
  /** Makes both sides. The figure `left` needs no baseline. */
  readonly sides: () => Promise<readonly [ours: Holder, baseline: Holder | null]>;
}

const count = 10_000;
const warmUps = 1;

/** Groups memory comparisons that are measured in one process, in at most `mostRounds` rounds. */
export function sized(comparisons: readonly SizedComparison[], mostRounds: number): Group {
  return {
    comparisons,
    measure: async (isWanted, rounds) => {
      const rows: Row[] = [];
      for (const comparison of comparisons.filter(isWanted)) {
        rows.push(await measure(comparison, Math.min(rounds, mostRounds)));
      }
      return rows;
    },
  };
}

async function measure(comparison: SizedComparison, rounds: number): Promise<Row> {
  const [ours, baseline] = await comparison.sides();
  const holders = baseline === null ? [ours] : [ours, baseline];
  const bytesOf = await newScales();
  for (let i = 0; i < warmUps; i += 1) for (const holder of holders) await bytesOf(holder);
  const ofOurs: Bytes[] = [];
  const ofBaseline: Bytes[] = [];
  for (let round = 0; round < rounds; round += 1) {
    for (const holder of shuffled(holders)) {
      (holder === ours ? ofOurs : ofBaseline).push(await bytesOf(holder));
    }
  }
  const held = ofOurs.map((bytes) => bytes.held);
  return comparison.figure === "held"
    ? rowOf(comparison, { ours: held, baseline: ofBaseline.map((bytes) => bytes.held), unit: "B" })
    : rowOf(comparison, { ours: ofOurs.map(({ left }) => left), baseline: held, unit: "B" });
}

/** Bytes per object: while it is held, and left after its release. */
interface Bytes {
  readonly held: number;
  readonly left: number;
}

/** Returns a function that measures a holder. What one leaves does not count for the next. */
export async function newScales(): Promise<(holder: Holder, howMany?: number) => Promise<Bytes>> {
  let before = await heapUsed();
  return async (holder, howMany = count) => {
    const during = await heapHolding(holder, howMany);
    const after = await heapUsed();
    const bytes = { held: (during - before) / howMany, left: (after - before) / howMany };
    before = after;
    return bytes;
  };
}

/** A separate function, so that no held object remains on the stack afterwards. */
async function heapHolding(holder: Holder, howMany: number): Promise<number> {
  const holding = await holder(howMany);
  const during = await heapUsed();
  holding.check();
  await holding.release();
  return during;
}

/** Returns the bytes in use after pending work has run and garbage has been collected. */
async function heapUsed(): Promise<number> {
  const { gc } = globalThis;
  if (gc === undefined) throw new Error("Memory is measured with --expose-gc.");
  for (let i = 0; i < 3; i += 1) {
    await setImmediate();
    gc();
  }
  return process.memoryUsage().heapUsed;
}
