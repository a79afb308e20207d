// Mutates the sources room by room and holds the tests to it: `npm run mutation`, one room with
// `-- --room merge`. With `--again` what the last run found out about unchanged code is taken over,
// which is quick and misses what a change inside an existing test does.
import { readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import process from "node:process";
import { parseArgs } from "node:util";
import { Stryker } from "@stryker-mutator/core";
import { faultsOf, readRun } from "../mutation/read-run.mjs";
import { lawRuns, leastScore, rooms } from "../mutation/rooms.mjs";
import { reportOf } from "../mutation/write-report.mjs";

const { values } = parseArgs({
  options: { room: { type: "string", multiple: true }, again: { type: "boolean", default: false } },
});
const wanted = values.room ?? Object.keys(rooms);
const unknown = wanted.filter((room) => !Object.hasOwn(rooms, room));
if (unknown.length > 0) {
  console.error(`--room takes one of ${Object.keys(rooms).join(", ")}, not "${unknown[0]}".`);
  process.exit(2);
}

const listed = JSON.parse(readFileSync("mutation/survivors.json", "utf8"));
const runs = [];
for (const room of wanted) {
  const fileName = `build/mutation/${room}.json`;
  // The runners are processes of their own and see this too.
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
    jsonReporter: { fileName },
    warnings: { slow: false },
  }).runMutationTest();
  const prefixes = rooms[room].map((pattern) => pattern.replace(/\*.*$/, ""));
  runs.push(readRun(room, JSON.parse(readFileSync(fileName, "utf8")), listed, prefixes));
}

for (const { room, mutants, killed, timedOut, survived, score } of runs) {
  const parts = `${killed} killed, ${timedOut} timed out, ${survived} survived`;
  console.log(`${room}: ${mutants} mutants, ${parts}, ${score.toFixed(1)} %`);
}
if (wanted.length === Object.keys(rooms).length) {
  const date = new Date().toISOString().slice(0, 10);
  const conditions = { node: process.versions.node, cores: availableParallelism(), date, lawRuns };
  writeFileSync("mutation/report.md", reportOf(runs, conditions));
}
const faults = runs.flatMap((run) => faultsOf(run, leastScore));
for (const fault of faults) console.error(fault);
process.exit(faults.length > 0 ? 1 : 0);
