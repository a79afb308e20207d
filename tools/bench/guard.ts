/** The guard of continuous integration: a short run, in which nothing may be far from its goal. */
import { type Beyond, beyondBound, misnamedEntries, sameAs, staleEntries } from "./judge.ts";
import type { KnownMiss } from "./known-misses.ts";
import type { Named } from "./rows.ts";
import type { Outcome } from "./run-groups.ts";
import { tableOf } from "./table.ts";

interface Guarded {
  readonly comparisons: readonly Named[];
  readonly known: readonly KnownMiss[];
  /** What to measure. Default: all. */
  readonly only: string | undefined;
  readonly run: (only: string | undefined, rounds: number) => Promise<Outcome>;
  readonly rounds: number;
  readonly tell: (line: string) => void;
}

/**
 * Gives the exit code. What is beyond its bound is measured once more and fails when it is so
 * again: other work on the machine can spoil one run.
 */
export async function guard(guarded: Guarded): Promise<number> {
  const { comparisons, known, only, run, rounds, tell } = guarded;
  const misnamed = misnamedEntries(comparisons, known);
  for (const entry of misnamed) {
    tell(`tools/bench/known-misses.ts names no comparison with a goal: ${nameOf(entry)}.`);
  }
  if (misnamed.length > 0) return 1;
  const { rows, failed } = await run(only, rounds);
  for (const line of tableOf(rows)) tell(line);
  for (const entry of staleEntries(rows, known)) {
    tell(
      `${nameOf(entry)}: within twice its goal, so tools/bench/known-misses.ts need not name it.`,
    );
  }
  const beyond = await beyondAgain(beyondBound(rows, known), guarded);
  for (const { median, bound, ...each } of beyond) {
    tell(`${nameOf(each)}: ${median.toFixed(3)}, where ${bound} is the most.`);
  }
  for (const name of failed) tell(`${name} failed: a check, or the process.`);
  const isGood = beyond.length === 0 && failed.length === 0;
  if (isGood) tell(`Nothing is beyond its bound, over ${rounds} rounds.`);
  return isGood ? 0 : 1;
}

/** Those that are beyond their bounds a second time. One that gives no figure then stays. */
async function beyondAgain(
  first: readonly Beyond[],
  { known, run, rounds, tell }: Guarded,
): Promise<readonly Beyond[]> {
  if (first.length === 0) return [];
  const ids = [...new Set(first.map(({ id }) => id))].join(",");
  tell(`Beyond the bound, and so measured once more: ${ids}.`);
  const { rows } = await run(ids, rounds);
  const again = beyondBound(rows, known);
  return first.flatMap((one) => (rows.some(sameAs(one)) ? again.filter(sameAs(one)) : [one]));
}

const nameOf = ({ id, workload }: Pick<Named, "id" | "workload">): string => `${id}, ${workload}`;
