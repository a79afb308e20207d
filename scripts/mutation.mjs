// Mutates the sources room by room and holds the tests to it: `npm run mutation`, one room with
// `-- --room merge`. With `--again` what the last run found out about unchanged code is taken over,
// which is quick and misses what a change inside an existing test does. With `--last` nothing runs:
// what the last runs left behind is held against the list again, and the report is written. A room
// without a result is a fault; when no room has one, nothing is written.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import process from "node:process";
import { faultsOf, readRun } from "../mutation/read-run.mjs";
import { lawRuns, leastScore, rooms } from "../mutation/rooms.mjs";
import { reportOf } from "../mutation/write-report.mjs";
import { readArguments, refuse } from "./read-arguments.mjs";

const flag = { type: "boolean", default: false };
const { values } = readArguments(
  { options: { room: { type: "string", multiple: true }, again: flag, last: flag } },
  "--room NAME, as often as there are rooms, --again and --last",
);
const wanted = values.room ?? Object.keys(rooms);
const unknown = wanted.filter((room) => !Object.hasOwn(rooms, room));
if (unknown.length > 0) {
  refuse(`--room takes one of ${Object.keys(rooms).join(", ")}, not "${unknown[0]}".`);
}

const resultsOf = (room) => `build/mutation/${room}.json`;
if (!values.last) for (const room of wanted) await mutate(room);

const listed = JSON.parse(readFileSync("mutation/survivors.json", "utf8"));
const missing = wanted.filter((room) => !existsSync(resultsOf(room)));
const again = missing.map((room) => ` --room ${room}`).join("");
const absence = `No result for ${missing.join(", ")}: run \`npm run mutation --${again}\`.`;
if (missing.length === wanted.length) refuse(absence);
const runs = wanted.filter((room) => !missing.includes(room)).map(read);
for (const { room, mutants, killed, timedOut, survived, score } of runs) {
  const parts = `${killed} killed, ${timedOut} timed out, ${survived} survived`;
  console.log(`${room}: ${mutants} mutants, ${parts}, ${score.toFixed(1)} %`);
}
if (values.room === undefined) {
  const conditions = { node: process.versions.node, cores: availableParallelism(), lawRuns };
  writeFileSync("mutation/report.md", reportOf(runs, wanted, conditions));
  spawnSync("biome", ["format", "--write", "mutation/report.md"], { stdio: "inherit" });
}
const faults = runs.flatMap((run) => faultsOf(run, leastScore));
if (missing.length > 0) faults.push(absence);
for (const fault of faults) console.error(fault);
process.exit(faults.length > 0 ? 1 : 0);

async function mutate(room) {
  // It takes its time to load, and --last has no need of it.
  const { Stryker } = await import("@stryker-mutator/core");
  // The runners are processes of their own and see these too.
  process.env.GLASSINE_ROOM = room;
  process.env.GLASSINE_RUNS = String(lawRuns);
  await new Stryker({
    mutate: rooms[room],
    testRunner: "vitest",
    plugins: ["@stryker-mutator/vitest-runner"],
    vitest: { configFile: "mutation/vitest.config.ts", related: false },
    coverageAnalysis: "perTest",
    concurrency: 2,
    timeoutMS: 10_000,
    timeoutFactor: 3,
    incremental: true,
    force: !values.again,
    incrementalFile: `build/mutation/${room}.incremental.json`,
    tempDirName: "build/mutation/sandbox",
    ignorePatterns: ["/dist", "/build", "/bench", "/examples"],
    // The compiler has no API to rewrite its configuration with, and nothing needs it.
    tsconfigFile: "none",
    disableTypeChecks: false,
    reporters: ["json", "progress-append-only"],
    jsonReporter: { fileName: resultsOf(room) },
    warnings: { slow: false },
  }).runMutationTest();
}

function read(room) {
  const path = resultsOf(room);
  const prefixes = rooms[room].map((pattern) => pattern.replace(/\*.*$/, ""));
  const run = readRun(room, JSON.parse(readFileSync(path, "utf8")), listed, prefixes);
  return { ...run, date: statSync(path).mtime.toISOString().slice(0, 10) };
}
