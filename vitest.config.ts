import { availableParallelism } from "node:os";
import process from "node:process";
import { defineConfig } from "vitest/config";
import { LawReporter } from "./test/support/law-reporter.ts";
import { sourceAliases } from "./test/support/source-aliases.ts";
import { SummaryReporter } from "./test/support/summary-reporter.ts";

const runsPerLaw = Number(process.env.GLASSINE_RUNS ?? 200);
const { GLASSINE_LAWS: lawPlan } = process.env;
const laws = lawPlan === undefined ? [] : [new LawReporter(lawPlan)];

export default defineConfig({
  resolve: { alias: sourceAliases },
  test: {
    include: ["test/**/*.test.ts", "property-tests/**/*.test.ts"],
    globalSetup: ["./test/support/redis-notice.ts"],
    setupFiles: ["./test/support/property-runs.ts"],
    reporters: ["default", ...laws, new SummaryReporter()],
    // A process a file: some tests patch intrinsics or start servers. Both cores of a small machine.
    pool: "forks",
    maxWorkers: Math.max(2, availableParallelism() - 1),
    testTimeout: Math.max(60_000, runsPerLaw * 300),
  },
});
