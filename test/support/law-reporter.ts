import { appendFileSync, readFileSync } from "node:fs";
import type { Reporter, TestCase } from "vitest/node";

/** What `tools/scripts/laws.mjs` writes before each round of a reported run. */
export interface LawPlan {
  /** How often each law runs in this round. */
  readonly runs: number;
  /** The laws that need not run again: `path > suite > title`. */
  readonly done: readonly string[];
  /** For each file of laws, by path: a hash of everything that their outcome depends on. */
  readonly prints: { readonly [path: string]: string };
  /** The file that receives one line per law. */
  readonly progress: string;
}

export const readPlan = (path: string): LawPlan => JSON.parse(readFileSync(path, "utf8"));

/** How the one property of a law went. */
interface LawRun {
  readonly ran: number;
  readonly seed: number;
  /** The counterexample, where there is one. */
  readonly found: string | undefined;
}

declare module "vitest" {
  interface TaskMeta {
    law?: LawRun;
  }
}

/** Writes a line as soon as a law has run, so that an interrupted run can be resumed. */
export class LawReporter implements Reporter {
  readonly #plan: LawPlan;

  constructor(planPath: string) {
    this.#plan = readPlan(planPath);
  }

  onTestCaseResult(test: TestCase): void {
    const { state, errors } = test.result();
    if (state !== "passed" && state !== "failed") return;
    const path = test.module.relativeModuleId;
    const { law } = test.meta();
    const line = {
      path,
      title: test.fullName,
      runs: this.#plan.runs,
      ran: law?.ran ?? 1,
      seed: law?.seed,
      held: state === "passed",
      found: state === "passed" ? undefined : (law?.found ?? errors?.[0]?.message),
      ms: Math.round(test.diagnostic()?.duration ?? 0),
      at: new Date().toISOString(),
      print: this.#plan.prints[path],
    };
    appendFileSync(this.#plan.progress, `${JSON.stringify(line)}\n`);
  }
}
