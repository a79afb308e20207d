/** The report of the benchmark: which goals the committed runs miss, and what its commands select. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { Row } from "../../tools/bench/rows.ts";
import { selectionOf } from "../../tools/bench/selection.ts";
import { readTable } from "./support/markdown.ts";
import { root } from "./support/pages.ts";

const read = (path: string) => readFileSync(join(root, path), "utf8");
const page = read("tools/bench/report.md") + read("docs/performance.md");
const [first = [], second = []] = [1, 2].map(
  (run) => JSON.parse(read(`tools/bench/results/run-${run}.json`)).rows as readonly Row[],
);
const withGoal = first.flatMap(({ id, workload, met }) => {
  const again = second.find((row) => row.id === id && row.workload === workload);
  return met === null ? [] : [{ id, met: met && again?.met === true }];
});

it("each comparison that misses its goal in a run has its cost and its remedy", () => {
  const missed = new Set(withGoal.filter(({ met }) => !met).map(({ id }) => id));
  const listed = readTable(page, "Comparisons").flatMap(([ids = ""]) => ids.split(", "));
  expect([...new Set(listed)].sort()).toEqual([...missed].sort());
});

it("the number of met goals is that of the runs", () => {
  const met = withGoal.filter((row) => row.met).length;
  expect(page).toContain(`${met} of the ${withGoal.length} goals are met in both runs.`);
});

it("the comparisons that the page selects exist", () => {
  const ids = first.map(({ id }) => id);
  const selections = [...page.matchAll(/--only ([\w,]+)/g)].map(([, only]) => only);
  expect(selections.length).toBeGreaterThan(3);
  for (const only of selections) selectionOf(only, ids);
});
