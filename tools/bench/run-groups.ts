/** Runs comparisons one after the other, each in a process of its own. */
import { fork } from "node:child_process";
import process from "node:process";
import type { Group, Named, Row } from "./rows.ts";

export type Groups = Readonly<Record<string, Group>>;

export interface Run {
  readonly isWanted: (comparison: Named) => boolean;
  /** Arguments of a child, besides its group's name and its comparison's index. */
  readonly childArgs: readonly string[];
  /** The program that measures a comparison when it gets these arguments. */
  readonly program: string;
}

export interface Outcome {
  readonly rows: readonly Row[];
  /** Comparisons that produced no row because a check failed. */
  readonly failed: readonly string[];
}

export async function runGroups(groups: Groups, run: Run): Promise<Outcome> {
  const rows: Row[] = [];
  const failed: string[] = [];
  for (const [name, { comparisons }] of Object.entries(groups)) {
    for (const [at, comparison] of comparisons.entries()) {
      if (!run.isWanted(comparison)) continue;
      const measured = await forked(["--group", name, "--at", String(at)], run);
      if (measured === undefined) failed.push(`${comparison.id}, ${comparison.workload}`);
      else rows.push(...measured);
    }
  }
  return { rows, failed };
}

/** Resolves to `undefined` if a check failed in the child. */
function forked(args: readonly string[], run: Run): Promise<readonly Row[] | undefined> {
  return new Promise((resolve, reject) => {
    let rows: readonly Row[] | undefined;
    const child = fork(run.program, [...run.childArgs, ...args], {
      execArgv: [...process.execArgv, "--expose-gc"],
    });
    child.on("message", (message) => {
      rows = message as Row[];
    });
    child.on("error", reject);
    child.on("exit", (code) => resolve(code === 0 ? rows : undefined));
  });
}
