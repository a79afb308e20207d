import type { Reporter, Vitest } from "vitest/node";

type TestFile = ReturnType<Vitest["state"]["getFiles"]>[number];

/**
 * If a mutant keeps a test file from loading, the file has no tests, and Stryker thinks that
 * nothing failed. This reports a failed test for such a file.
 */
export class LoadFailures implements Reporter {
  #vitest: Vitest | undefined;

  onInit(vitest: Vitest): void {
    this.#vitest = vitest;
  }

  onTestRunEnd(): void {
    for (const file of this.#vitest?.state.getFiles() ?? []) {
      if (file.result?.state === "fail" && !hasFailedTest(file)) file.tasks.push(failed(file));
    }
  }
}

function hasFailedTest(suite: TestFile | TestFile["tasks"][number]): boolean {
  if (suite.type === "test") return suite.result?.state === "fail";
  return suite.tasks.some(hasFailedTest);
}

function failed(file: TestFile): TestFile["tasks"][number] {
  return {
    type: "test",
    id: `${file.id}_load`,
    name: "loads",
    fullName: "loads",
    fullTestName: "loads",
    mode: "run",
    file,
    suite: file,
    meta: {},
    annotations: [],
    artifacts: [],
    timeout: 0,
    context: undefined as never,
    result: file.result ?? { state: "fail" },
  };
}
