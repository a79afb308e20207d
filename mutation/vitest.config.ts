import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";
import { sourceAliases } from "../test/support/source-aliases.ts";
import { LoadFailures } from "./load-failures.ts";
import { entries } from "./tests.ts";

/** Most mutants die in the file of all tests; only the others get to those apart. */
class EntryFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const at = ({ moduleId }: TestSpecification) => (moduleId.endsWith("/entry.test.ts") ? 0 : 1);
    return [...files].sort((a, b) => at(a) - at(b));
  }
}

export default defineConfig({
  resolve: { alias: sourceAliases },
  test: {
    include: [...entries()],
    sequence: { sequencer: EntryFirst },
    setupFiles: ["./test/support/property-runs.ts", "./mutation/setup.ts"],
    reporters: [new LoadFailures()],
    testTimeout: 15_000,
  },
});
