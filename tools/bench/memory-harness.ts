/**
 * Measures what is held in memory: the heap in use after a forced collection, minus the heap before.
 *
 * Each comparison belongs in a process of its own: what another one left behind would count.
 */
import { setImmediate } from "node:timers/promises";
import { type Group, type Named, type Row, rowOf, shuffled } from "./rows.ts";

/** What is held in memory until it is released. */
interface Holding {
  /** Throws unless all of it is there. */
  readonly check: () => void;
  /** Lets go, and throws unless it ended as it should. */
  readonly release: () => Promise<void> | void;
}

/** Starts or makes so many and holds them. */
export type Holder = (count: number) => Promise<Holding>;

export interface SizedComparison extends Named {
  /**
   * What is compared: the bytes that both sides hold, or what ours leaves after its release, over
   * what it held.
   */
  readonly figure: "held" | "left";
  /** Makes both sides. Nothing divides what is left. */
  readonly sides: () => Promise<readonly [ours: Holder, baseline: Holder | null]>;
}

const count = 10_000;
const warmUps = 1;

/** Comparisons of memory that are measured in one process, in at most so many rounds. */
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

/** Of one held thing: bytes while it is held, and bytes left after its release. */
interface Bytes {
  readonly held: number;
  readonly left: number;
}

/** What weighs what a holder holds. What one leaves counts against it, and not against the next. */
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

/** A function of its own, so that nothing of what was held is on the stack afterwards. */
async function heapHolding(holder: Holder, howMany: number): Promise<number> {
  const holding = await holder(howMany);
  const during = await heapUsed();
  holding.check();
  await holding.release();
  return during;
}

/** Bytes in use once everything that can go on has, and what nobody holds is collected. */
async function heapUsed(): Promise<number> {
  const { gc } = globalThis;
  if (gc === undefined) throw new Error("Memory is measured with --expose-gc.");
  for (let i = 0; i < 3; i += 1) {
    await setImmediate();
    gc();
  }
  return process.memoryUsage().heapUsed;
}
