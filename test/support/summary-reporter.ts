import process from "node:process";
import type { Reporter, SerializedError, TestModule } from "vitest/node";

/**
 * Ends a run with one line a machine can read, `Tests: 12 passed, 0 failed, 1 skipped`.
 *
 * A file that does not load and an error outside every test count as failures, so a failed run
 * never reads `0 failed`. List it last: reporters write in their order.
 */
export class SummaryReporter implements Reporter {
  onTestRunEnd(
    modules: ReadonlyArray<TestModule>,
    unhandledErrors: ReadonlyArray<SerializedError>,
  ): void {
    const counts = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
    for (const module of modules) {
      counts.failed += module.errors().length;
      for (const suite of module.children.allSuites()) counts.failed += suite.errors().length;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        // A run that is cut short leaves tests pending; they did not pass.
        counts[state === "pending" ? "skipped" : state] += 1;
      }
    }
    process.stdout.write(`${summaryLine(counts)}\n`);
  }
}

export function summaryLine(counts: { passed: number; failed: number; skipped: number }): string {
  const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : "";
  return `Tests: ${counts.passed} passed, ${counts.failed} failed${skipped}`;
}
