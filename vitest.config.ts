import { availableParallelism } from "node:os";
import process from "node:process";
import { defineConfig } from "vitest/config";
import { LawReporter } from "./test/support/law-reporter.ts";
import { ByProcess, processes, quickProcesses } from "./test/support/processes.ts";
import { sourceAliases } from "./test/support/source-aliases.ts";
import { SummaryReporter } from "./test/support/summary-reporter.ts";

const { GLASSINE_LAWS: lawPlan } = process.env;
const laws = lawPlan === undefined ? [] : [new LawReporter(lawPlan)];

/** `npm test` has the mode "quick": the files that do not take long, and each law 15 times. */
export default defineConfig(({ mode }) => {
  const isQuick = mode === "quick";
  if (isQuick) process.env.GLASSINE_RUNS ??= "15";
  const runsPerLaw = Number(process.env.GLASSINE_RUNS ?? 200);
  return {
    resolve: { alias: sourceAliases },
    test: {
      projects: (isQuick ? quickProcesses : processes).map((test) => ({ extends: true, test })),
      globalSetup: ["./test/support/skip-notices.ts", "./test/support/temporary-folder.ts"],
      sequence: { sequencer: ByProcess },
      setupFiles: ["./test/support/property-runs.ts"],
      reporters: ["default", ...laws, new SummaryReporter()],
      pool: "forks",
      // Files of one project do not wait for what another has compiled, nor the next run for this one.
      experimental: { fsModuleCache: true },
      // Generated values are soon gone: with more room for young ones, less time goes into collecting.
      execArgv: ["--max-semi-space-size=64"],
      // More than there are cores: there are always tests that wait for a process or a timer.
      maxWorkers: availableParallelism() + 1,
      // Far beyond what any test takes, so that only one that hangs fails by it on a busy machine.
      testTimeout: Math.max(240_000, runsPerLaw * 300),
      expect: { poll: { timeout: 200_000, interval: 20 } },
    },
  };
});
