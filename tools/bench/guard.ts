/** The benchmark check in CI: a short run in which nothing may be far from its goal. */
import { type Beyond, beyondBound, misnamedEntries, sameAs, staleEntries } from "./judge.ts";
import type { KnownMiss } from "./known-misses.ts";
import type { Named } from "./rows.ts";
import type { Outcome } from "./run-groups.ts";
import { tableOf } from "./table.ts";

interface Guarded {
  readonly comparisons: readonly Named[];
  readonly known: readonly KnownMiss[];
  /** Which comparisons to measure. Default: all. */
  readonly only: string | undefined;
  readonly run: (only: string | undefined, rounds: number) => Promise<Outcome>;
  readonly rounds: number;
  readonly report: (line: string) => void;
}

/**
 * Returns the exit code. Comparisons that exceed their bound are measured again and fail only if
 * they exceed it twice, because other work on the machine can spoil one run.
 */
export async function guard(guarded: Guarded): Promise<number> {
  const { comparisons, known, only, run, rounds, report } = guarded;
  const misnamed = misnamedEntries(comparisons, known);
  for (const entry of misnamed) {
    report(`tools/bench/known-misses.ts: not a comparison with a goal: ${nameOf(entry)}.`);
  }
  if (misnamed.length > 0) return 1;
  const { rows, failed } = await run(only, rounds);
  for (const line of tableOf(rows)) report(line);
  for (const entry of staleEntries(rows, known)) {
    report(
      `${nameOf(entry)}: within twice its goal, so tools/bench/known-misses.ts need not name it.`,
    );
  }
  const beyond = await beyondAgain(beyondBound(rows, known), guarded);
  for (const { median, bound, ...each } of beyond) {
    report(`${nameOf(each)}: ${median.toFixed(3)}, the bound is ${bound}.`);
  }
  for (const name of failed) report(`${name} failed: a check, or the process.`);
  const isGood = beyond.length === 0 && failed.length === 0;
  if (isGood) report(`Nothing is beyond its bound, over ${rounds} rounds.`);
  return isGood ? 0 : 1;
}

/** Returns those that exceed their bounds twice, or that have no figure the second time. */
async function beyondAgain(
  first: readonly Beyond[],
  { known, run, rounds, report }: Guarded,
): Promise<readonly Beyond[]> {
  if (first.length === 0) return [];
  const ids = [...new Set(first.map(({ id }) => id))].join(",");
  report(`Beyond the bound, and so measured once more: ${ids}.`);
  // More rounds, because there are few comparisons and this result is final.
  const { rows } = await run(ids, 3 * rounds);
  const again = beyondBound(rows, known);
  return first.flatMap((one) => (rows.some(sameAs(one)) ? again.filter(sameAs(one)) : [one]));
}

const nameOf = ({ id, workload }: Pick<Named, "id" | "workload">): string => `${id}, ${workload}`;
