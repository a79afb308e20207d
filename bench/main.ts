/**
 * Runs the benchmarks: `npm run bench -- [--only D1,F] [--rounds N] [--json FILE]`.
 *
 * Each group runs in a process of its own, one after the other. A goal that is missed is told,
 * and is no failure; a check that fails is one. What cannot run here is told to be skipped; a name
 * that stands for nothing is refused.
 */
import { fork } from "node:child_process";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { dispatchComparisons } from "./dispatch.ts";
import { filterComparisons } from "./filter.ts";
import { type Comparison, measure, type Row } from "./harness.ts";
import { messageComparisons } from "./messages.ts";
import { operationComparisons } from "./operations.ts";
import { type Selection, selectionOf } from "./selection.ts";
import { viewComparisons } from "./views.ts";

const groups: Readonly<Record<string, readonly Comparison[]>> = {
  dispatch: dispatchComparisons,
  filter: filterComparisons,
  views: viewComparisons,
  messages: messageComparisons,
  operations: operationComparisons,
};
const minRounds = 9;

const { values: options } = parseArgs({
  options: {
    only: { type: "string" },
    rounds: { type: "string", default: "15" },
    json: { type: "string" },
    // For the child processes, and for a profiler.
    group: { type: "string" },
  },
});
const rounds = Math.max(minRounds, Number(options.rounds) || 0);
const here = Object.values(groups).flatMap((comparisons) => comparisons.map(({ id }) => id));

/** Ends the program where `--only` names something that is not there. */
function selection(): Selection {
  try {
    return selectionOf(options.only, here);
  } catch (error) {
    console.error((error as Error).message);
    process.exit(2);
  }
}
const { isWanted, skipped } = selection();

/** Measures one group here and hands the rows to the parent. */
async function measureGroup(name: string): Promise<void> {
  const rows = await measure(
    (groups[name] ?? []).filter(({ id }) => isWanted(id)),
    rounds,
  );
  if (process.send === undefined) print(rows);
  else process.send(rows);
}

/** Measures one group in a process of its own. Gives nothing when a check failed there. */
function forkGroup(name: string): Promise<readonly Row[] | undefined> {
  return new Promise((resolve, reject) => {
    let rows: readonly Row[] | undefined;
    const child = fork(
      fileURLToPath(import.meta.url),
      [...process.argv.slice(2), "--group", name],
      { execArgv: [...process.execArgv, "--expose-gc"] },
    );
    child.on("message", (message) => {
      rows = message as Row[];
    });
    child.on("error", reject);
    child.on("exit", (code) => resolve(code === 0 ? rows : undefined));
  });
}

const headings = ["id", "workload", "goal", "min", "median", "max", "", "ours", "baseline"];

function print(rows: readonly Row[]): void {
  const lines = [headings, ...rows.map(cellsOf)];
  const widths = headings.map((_, i) => Math.max(...lines.map((line) => line[i]?.length ?? 0)));
  for (const line of lines) {
    const cells = line.map((cell, i) =>
      i === 1 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0),
    );
    console.log(cells.join("  "));
  }
}

function cellsOf(row: Row): string[] {
  const ratios = [row.min, row.median, row.max].map((ratio) => ratio.toFixed(3));
  const times = [row.oursNs, row.baselineNs].map((ns) => `${ns.toFixed(0)} ns`);
  return [row.id, row.workload, String(row.goal), ...ratios, row.met ? "met" : "missed", ...times];
}

async function measureAll(): Promise<void> {
  const rows: Row[] = [];
  for (const [name, comparisons] of Object.entries(groups)) {
    if (!comparisons.some(({ id }) => isWanted(id))) continue;
    const measured = await forkGroup(name);
    if (measured === undefined) process.exitCode = 1;
    else rows.push(...measured);
  }
  for (const line of skipped) console.log(line);
  if (!here.some(isWanted)) return;
  print(rows);
  console.log(`Ratios ours / baseline over ${rounds} rounds, Node ${process.versions.node}.`);
  if (options.json !== undefined) {
    const report = { node: process.versions.node, rounds, rows };
    writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`);
  }
}

if (options.group === undefined) await measureAll();
else await measureGroup(options.group);
