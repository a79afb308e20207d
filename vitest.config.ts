import { availableParallelism } from "node:os";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { LawReporter } from "./test/support/law-reporter.ts";
import { SummaryReporter } from "./test/support/summary-reporter.ts";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const runsPerLaw = Number(process.env.GLASSINE_RUNS ?? 200);
const { GLASSINE_LAWS: lawPlan } = process.env;
const laws = lawPlan === undefined ? [] : [new LawReporter(lawPlan)];

export default defineConfig({
  resolve: {
    // Tests name the package as a user does, and get its sources.
    alias: [
      { find: /^glassine$/, replacement: here("src/index.ts") },
      { find: /^glassine\/anthropic$/, replacement: here("src/adapters/anthropic/index.ts") },
      { find: /^glassine\/ai-sdk$/, replacement: here("src/adapters/ai-sdk/index.ts") },
      { find: /^glassine\/mcp$/, replacement: here("src/adapters/mcp/index.ts") },
      { find: /^glassine\/memory-node$/, replacement: here("src/memory-node/index.ts") },
      { find: /^glassine\/node$/, replacement: here("src/node/index.ts") },
      { find: /^glassine\/openai$/, replacement: here("src/adapters/openai/index.ts") },
      { find: /^glassine\/redis$/, replacement: here("src/redis/index.ts") },
      { find: /^glassine\/testing$/, replacement: here("src/testing/index.ts") },
    ],
  },
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
