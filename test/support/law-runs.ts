/** The worker's side of `npm run laws -- --report`. */
import { configureGlobal, defaultReportMessage, readConfigureGlobal } from "fast-check";
import { beforeEach, type RunnerTestCase, type RunnerTestSuite, type TaskMeta } from "vitest";
import { readPlan } from "./law-reporter.ts";

/** Skips laws that are done, and records how often and with which seed the others ran. */
export function keepLawRuns(planPath: string): void {
  const done = new Set(readPlan(planPath).done);
  let meta: TaskMeta = {};
  beforeEach(({ task, skip }) => {
    if (done.has(nameOf(task))) skip();
    meta = task.meta;
  });
  configureGlobal({
    ...readConfigureGlobal(),
    reporter: (details) => {
      const found = details.failed ? defaultReportMessage(details) : undefined;
      meta.law = { ran: details.numRuns, seed: details.seed, found };
      if (found !== undefined) throw new Error(found, { cause: details.errorInstance });
    },
  });
}

function nameOf(task: Readonly<RunnerTestCase>): string {
  const names = [task.name];
  for (let suite: RunnerTestSuite | undefined = task.suite; suite; suite = suite.suite) {
    names.unshift(suite.name);
  }
  return [task.file.name, ...names].join(" > ");
}
