import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";
import { LoadFailures } from "./load-failures.ts";
import { entries } from "./tests.ts";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Most mutants die in the file of all tests; only the others get to those apart. */
class EntryFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const at = ({ moduleId }: TestSpecification) => (moduleId.endsWith("/entry.test.ts") ? 0 : 1);
    return [...files].sort((a, b) => at(a) - at(b));
  }
}

export default defineConfig({
  resolve: {
    alias: [
      { find: /^glassine$/, replacement: here("../src/index.ts") },
      { find: /^glassine\/anthropic$/, replacement: here("../src/adapters/anthropic/index.ts") },
      { find: /^glassine\/ai-sdk$/, replacement: here("../src/adapters/ai-sdk/index.ts") },
      { find: /^glassine\/mcp$/, replacement: here("../src/adapters/mcp/index.ts") },
      { find: /^glassine\/openai$/, replacement: here("../src/adapters/openai/index.ts") },
      { find: /^glassine\/redis$/, replacement: here("../src/redis/index.ts") },
    ],
  },
  test: {
    include: [...entries()],
    sequence: { sequencer: EntryFirst },
    setupFiles: ["./test/support/property-runs.ts", "./mutation/setup.ts"],
    reporters: [new LoadFailures()],
    testTimeout: 15_000,
  },
});
