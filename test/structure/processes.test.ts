/** Test files share processes; one that replaces modules or clocks has its own. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { root } from "../docs/support/pages.ts";
import { longFiles, processes, quickProcesses } from "../support/processes.ts";
import { testFiles } from "../support/test-files.ts";

const files = testFiles();
const [alone, patched] = processes;
const special = [alone, patched].flatMap((group) => group?.include ?? []);

it("each file is in one group of processes", () => {
  const all = "**/*.test.ts";
  const takes = (path: string) => (each: string) =>
    each.endsWith(all) ? path.startsWith(each.slice(0, -all.length)) : path === each;
  const takersIn = (groups: typeof processes, path: string) =>
    groups.filter(({ include, exclude }) => include.some(takes(path)) && !exclude.includes(path));
  for (const path of files) {
    expect(takersIn(processes, path).length, path).toBe(1);
    // `npm test` leaves out only the marked files.
    expect(takersIn(quickProcesses, path).length, path).toBe(longFiles.includes(path) ? 0 : 1);
  }
  expect(longFiles.length).toBeGreaterThan(0);
  expect(special.filter((path) => !files.includes(path))).toEqual([]);
});

it.each([
  ["replaces a module", /^vi\.mock\(/m, [alone]],
  [
    "changes the realm before the sources load",
    /^import "\.\/virtual-time\.ts"|\bvi\.hoisted\(/m,
    [alone],
  ],
  [
    "patches the realm",
    /(?:defineProperty|patch)\(\s*(?:Array|Object|Promise)(?:\.prototype)?,/,
    [alone, patched],
  ],
])("what %s shares no process with other tests", (_, how, groups) => {
  const found = files.filter((path) => how.test(readFileSync(root + path, "utf8")));
  expect(found.length).toBeGreaterThan(0);
  const theirs = groups.flatMap((group) => group?.include ?? []);
  expect(found.filter((path) => !theirs.includes(path))).toEqual([]);
});
