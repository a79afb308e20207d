// All tests that bear on the mutated rooms, in one file: zod and the sources load once a run.
//
// What a test file calls while it loads is charged to a test named by its path, so that Stryker
// sees in it neither static code, for which it would run every test, nor code that no test covers.
// That name begins the name of all tests of the file, so they run, and load, for such a mutant.
import "glassine";
import { existsSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, inject, it } from "vitest";
import { foldersFor, isLeftOut } from "./tests.ts";

interface Stryker {
  activeMutant?: string;
  currentTestId?: string | undefined;
  hitCount?: number;
}

const given = inject as (key: string) => string | undefined;
const globals = globalThis as unknown as Record<string, Stryker | undefined>;
const stryker = globals[given("globalNamespace") ?? ""] ?? {};
const mode = given("mode");
const here = fileURLToPath(import.meta.url);
const root = fileURLToPath(new URL("../", import.meta.url));

if (mode === "mutant") {
  stryker.activeMutant = given("activeMutant") ?? "";
  stryker.hitCount = 0;
}

for (const path of foldersFor(process.env.GLASSINE_ROOM).flatMap(filesOf)) {
  it(path, () => {});
  if (!isWanted(path)) continue;
  describe(path, async () => {
    if (mode === "dry-run") stryker.currentTestId = `${here}#${path}`;
    await import(/* @vite-ignore */ root + path);
  });
}
describe("the end", () => {
  stryker.currentTestId = undefined;
  it("is reached", () => {});
});

function filesOf(folder: string): string[] {
  if (!existsSync(root + folder)) return [];
  return readdirSync(root + folder)
    .sort()
    .map((name) => `${folder}/${name}`)
    .filter((path) => path.endsWith(".test.ts") && !isLeftOut(path));
}

/** Whether the filter on the names of tests has any of this file. */
function isWanted(path: string): boolean {
  const worker = globals.__vitest_worker__ as { config?: { testNamePattern?: RegExp } } | undefined;
  const pattern = worker?.config?.testNamePattern;
  return pattern === undefined || pattern.source.replace(/\\(.)/g, "$1").includes(path);
}
