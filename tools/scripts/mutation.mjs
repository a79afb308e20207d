// Mutates the sources room by room and checks that the tests notice: `npm run mutation`, or
// `-- --room merge` for one room. `--again` reuses the last run's results for unchanged code, which
// is quick but misses the effect of changes inside existing tests. Each room's result is kept in
// tools/mutation/results, and the report is made from all of them. `--last` runs nothing and only
// compares the kept results with the list again. A room without a result is a fault; if no room has
// one, nothing is written.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import process from "node:process";
import { faultsOf, holdAgainst, resultOf } from "../mutation/read-run.mjs";
import { lawRuns, leastScore, rooms, waitingRooms } from "../mutation/rooms.mjs";
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

const resultAt = (room) => `tools/mutation/results/${room}.json`;
if (!values.last) for (const room of wanted) await mutate(room);

const hasResult = (room) => existsSync(resultAt(room));
const missing = wanted.filter((room) => !hasResult(room));
const again = missing.map((room) => ` --room ${room}`).join("");
const absence = `No result for ${missing.join(", ")}: run \`npm run mutation --${again}\`.`;
if (missing.length === wanted.length) refuse(absence);
const listed = JSON.parse(readFileSync("tools/mutation/survivors.json", "utf8"));
const names = Object.keys(rooms);
const kept = names.filter(hasResult).map(read);
writeFileSync("tools/mutation/report.md", reportOf(kept, names, lawRuns));
spawnSync("biome", ["format", "--write", "tools/mutation"], { stdio: "ignore" });
const runs = kept.filter(({ room }) => wanted.includes(room));
for (const { room, mutants, killed, timedOut, survived, score } of runs) {
  const parts = `${killed} killed, ${timedOut} timed out, ${survived} survived`;
  console.log(`${room}: ${mutants} mutants, ${parts}, ${score.toFixed(1)} %`);
}
const faults = runs.flatMap((run) => faultsOf(run, leastScore));
if (missing.length > 0) faults.push(absence);
for (const fault of faults) console.error(fault);
process.exit(faults.length > 0 ? 1 : 0);

async function mutate(room) {
  // Slow to load, and --last does not need it.
  const { Stryker } = await import("@stryker-mutator/core");
  // The runners are separate processes and inherit these.
  process.env.GLASSINE_ROOM = room;
  process.env.GLASSINE_RUNS = String(lawRuns);
  const waits = waitingRooms.includes(room);
  await new Stryker({
    mutate: rooms[room],
    testRunner: "vitest",
    plugins: ["@stryker-mutator/vitest-runner"],
    vitest: { configFile: "tools/mutation/vitest.config.ts", related: false },
    coverageAnalysis: "perTest",
    concurrency: waits ? 5 : 2,
    timeoutMS: 10_000,
    timeoutFactor: waits ? 4 : 1.5,
    incremental: true,
    force: !values.again,
    incrementalFile: `build/mutation/${room}.incremental.json`,
    tempDirName: "build/mutation/sandbox",
    ignorePatterns: ["/dist", "/build", "/tools/bench", "/examples"],
    // This compiler has no API for rewriting its configuration, and nothing needs that.
    tsconfigFile: "none",
    disableTypeChecks: false,
    reporters: ["json", "progress-append-only"],
    jsonReporter: { fileName: `build/mutation/${room}.json` },
    warnings: { slow: false },
  }).runMutationTest();
  keep(room);
}

/** Keeps the result of a run, with the conditions that it ran under. */
function keep(room) {
  const conditions = {
    date: new Date().toISOString().slice(0, 10),
    node: process.versions.node,
    cores: availableParallelism(),
  };
  const result = resultOf(
    JSON.parse(readFileSync(`build/mutation/${room}.json`, "utf8")),
    conditions,
  );
  mkdirSync("tools/mutation/results", { recursive: true });
  writeFileSync(resultAt(room), `${JSON.stringify(result, undefined, 2)}\n`);
}

function read(room) {
  const prefixes = rooms[room].map((pattern) => pattern.replace(/\*.*$/, ""));
  return holdAgainst(listed, room, prefixes, JSON.parse(readFileSync(resultAt(room), "utf8")));
}
