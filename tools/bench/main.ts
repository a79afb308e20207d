/**
 * Runs the benchmarks: `npm run bench -- [--only D1,F] [--rounds N] [--json FILE]`.
 *
 * Each comparison runs in its own process, one after the other. A missed goal is reported but not
 * a failure; a failed check is. What cannot run here is reported as skipped; unknown names are
 * rejected. With `--guard`, few rounds decide, and a median beyond twice its goal is a failure.
 */
import { writeFileSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { bundles } from "./bundles.ts";
import { chatComparisons, firstText } from "./chat.ts";
import { cratePath, findCrate, findPython, pythonPath } from "./cpex/find-peer.ts";
import { cpexGroups, cpexHere } from "./cpex/groups.ts";
import { guard } from "./guard.ts";
import { guardedCallComparisons, guardMakingComparisons, guardSizes } from "./guarded-calls.ts";
import { timed } from "./harness.ts";
import { knownMisses } from "./known-misses.ts";
import { memoryComparisons } from "./memory.ts";
import { sized } from "./memory-harness.ts";
import { messageComparisons } from "./messages.ts";
import { peerComparisons } from "./peers.ts";
import type { Row } from "./rows.ts";
import { type Groups, type Outcome, type Run, runGroups } from "./run-groups.ts";
import { scaleDispatchComparisons } from "./scale-dispatch.ts";
import { scaleTurnComparisons } from "./scale-turns.ts";
import { selectionOf } from "./selection.ts";
import { startUp } from "./start-up.ts";
import { tableOf } from "./table.ts";
import { typeChecks } from "./type-checks.ts";

const { values: options } = parseArgs({
  options: {
    only: { type: "string" },
    rounds: { type: "string", default: "15" },
    json: { type: "string" },
    guard: { type: "boolean", default: false },
    // For child processes and for profiling: one comparison of a group, or the whole group.
    group: { type: "string" },
    at: { type: "string" },
  },
});
const minRounds = 9;
/** Few rounds are enough, because the bounds are twice the goals. */
const guardRounds = 3;
// Memory hardly varies from round to round.
const memoryRounds = options.guard ? 3 : 9;

/** Groups that need only what `npm ci` installs. */
const ownGroups: Groups = {
  peers: timed(peerComparisons),
  messages: timed(messageComparisons),
  scaleDispatch: timed(scaleDispatchComparisons),
  scaleTurns: timed(scaleTurnComparisons),
  chat: timed(chatComparisons),
  firstText,
  guardedCalls: timed(guardedCallComparisons),
  guardMaking: timed(guardMakingComparisons),
  ...Object.fromEntries(
    [...memoryComparisons, ...guardSizes].map((one) => [one.id, sized([one], memoryRounds)]),
  ),
  startUp,
};

/** Groups that the short run leaves to `test/types` and the budgets of `npm run check`. */
const heldByTests: Groups = { typeChecks, bundles };
const rounds = options.guard ? guardRounds : Math.max(minRounds, readRounds(options.rounds));
const allGroups: Groups = { ...ownGroups, ...heldByTests, ...cpexGroups };
const known = Object.values(options.guard ? ownGroups : allGroups).flatMap(({ comparisons }) =>
  comparisons.map(({ id }) => id),
);

/** Ends the program if `--rounds` is not a number. */
function readRounds(text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  console.error(`--rounds takes a whole number above 0, not "${text}".`);
  process.exit(2);
}

/** Ends the program if `--only` has an unknown name. */
function selection(only: string | undefined): Run["isWanted"] {
  try {
    const isNamed = selectionOf(only, known);
    return ({ id }) => isNamed(id);
  } catch (error) {
    console.error((error as Error).message);
    process.exit(2);
  }
}

const isWanted = selection(options.only);

/** Measures what `only` names, each in its own process, with `roundsEach` rounds. */
const runOf =
  (groups: Groups) =>
  (only: string | undefined, roundsEach: number): Promise<Outcome> =>
    runGroups(groups, {
      isWanted: selection(only),
      childArgs: ["--rounds", String(roundsEach), ...(options.guard ? ["--guard"] : [])],
      program: fileURLToPath(import.meta.url),
    });

/** Measures a group or one of its comparisons in this process, and sends the parent the rows. */
async function measureHere(name: string, at: string | undefined): Promise<void> {
  const group = allGroups[name];
  const one = at === undefined ? undefined : group?.comparisons[Number(at)];
  const rows = await group?.measure(one === undefined ? isWanted : (each) => each === one, rounds);
  if (process.send === undefined) print(rows ?? []);
  else process.send(rows);
}

function print(rows: readonly Row[]): void {
  for (const line of tableOf(rows)) console.log(line);
}

/** The short run, over the groups that need only what `npm ci` installs. */
async function measureShort(): Promise<void> {
  const comparisons = Object.values(ownGroups).flatMap((group) => group.comparisons);
  const { only } = options;
  process.exitCode = await guard({
    comparisons,
    known: knownMisses,
    only,
    run: runOf(ownGroups),
    rounds,
    report: console.log,
  });
}

async function measureAll(): Promise<void> {
  const cpex = cpexHere(isWanted, {
    Python: () => findPython(pythonPath()),
    Rust: () => findCrate(cratePath()),
  });
  for (const line of cpex.skipped) console.log(line);
  const run = runOf({ ...ownGroups, ...heldByTests, ...cpex.groups });
  printOutcome(await run(options.only, rounds), cpex.versions);
}

function printOutcome({ rows, failed }: Outcome, cpex: string | null): void {
  if (failed.length > 0) process.exitCode = 1;
  if (rows.length === 0) return;
  print(rows);
  const versions = [`Node ${process.versions.node}`, ...(cpex === null ? [] : [cpex])].join(", ");
  const each = `${rounds} rounds, ${memoryRounds} of memory`;
  console.log(`Ratios ours / baseline over ${each}. ${versions}.`);
  if (options.json === undefined) return;
  const report = { node: process.versions.node, cpex, rounds, rows };
  writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`);
}

if (options.group !== undefined) await measureHere(options.group, options.at);
else if (options.guard) await measureShort();
else await measureAll();
