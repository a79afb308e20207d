import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";
import { sourceAliases } from "../../test/support/source-aliases.ts";
import { LoadFailures } from "./load-failures.ts";
import { entries } from "./tests.ts";

/** Runs the files in order: most mutants die in the first, and few reach those in `apart/`. */
class FirstToLast extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const order = entries();
    const at = ({ moduleId }: TestSpecification) =>
      order.findIndex((entry) => moduleId.endsWith(entry));
    return [...files].sort((a, b) => at(a) - at(b));
  }
}

export default defineConfig({
  resolve: { alias: sourceAliases },
  test: {
    include: [...entries()],
    sequence: { sequencer: FirstToLast },
    setupFiles: ["./test/support/property-runs.ts", "./tools/mutation/setup.ts"],
    reporters: [new LoadFailures()],
    testTimeout: 15_000,
  },
});
