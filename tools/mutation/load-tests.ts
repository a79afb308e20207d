// Loads many test files into the one that vitest knows, so that zod and the sources load only once.
//
// Code that runs while a test file loads is attributed to a test named after the file's path.
// Otherwise Stryker would see static code, for which it runs every test, or code without coverage.
// All tests of the file have names that start with the path, so they run for such a mutant.
import { fileURLToPath } from "node:url";
import { describe, inject, it } from "vitest";

interface Stryker {
  activeMutant?: string;
  currentTestId?: string | undefined;
  hitCount?: number;
}

const given = inject as (key: string) => string | undefined;
const globals = globalThis as unknown as Record<string, Stryker | undefined>;
const stryker = globals[given("globalNamespace") ?? ""] ?? {};
const mode = given("mode");
const root = fileURLToPath(new URL("../../", import.meta.url));

/** Loads the test files at `paths` into the test file at `url`. */
export function loadTests(url: string, paths: readonly string[]): void {
  if (mode === "mutant") {
    stryker.activeMutant = given("activeMutant") ?? "";
    stryker.hitCount = 0;
  }
  for (const path of paths) {
    it(path, () => {});
    if (!isWanted(path)) continue;
    describe(path, async () => {
      if (mode === "dry-run") stryker.currentTestId = `${fileURLToPath(url)}#${path}`;
      await import(/* @vite-ignore */ root + path);
    });
  }
  describe("the end", () => {
    stryker.currentTestId = undefined;
    it("is reached", () => {});
  });
}

/** Whether the test name filter selects any test of this file. */
function isWanted(path: string): boolean {
  const worker = globals.__vitest_worker__ as { config?: { testNamePattern?: RegExp } } | undefined;
  const pattern = worker?.config?.testNamePattern;
  return pattern === undefined || pattern.source.replace(/\\(.)/g, "$1").includes(path);
}
