// Runs the property tests, each law as often as `npm run laws -- --runs 10000` says.
// Every run tries different cases, with a random seed unless `--seed` sets one.
// Other arguments select laws or files of laws: `npm run laws -- L17 filter --runs 10000`.
//
// With `--report` the run is split into rounds of at most 10,000 with one seed each, and records
// each law as soon as it is done. An interrupted run can so continue where it stopped, even on
// another machine, and can be done one file at a time. After each round the results so far go to
// property-tests/report.md. A law whose sources have changed since starts again.
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { readArguments, refuse } from "./read-arguments.mjs";
import { faultOf, numbersOfLaws, selectLaws } from "./select-laws.mjs";

const options = {
  runs: { type: "string" },
  seed: { type: "string" },
  report: { type: "boolean", default: false },
};
const { values, positionals } = readArguments(
  { options, allowPositionals: true },
  "--runs N, --seed=N, --report, and laws or files of laws, such as L17 or filter",
);

const { runs: runsText = "1", seed: seedText = "1" } = values;
if (!/^[1-9]\d*$/.test(runsText)) {
  refuse(`--runs takes a whole number above 0, not "${runsText}".`);
}
// Negative seeds are valid: half of those that fast-check reports are.
if (!/^-?\d+$/.test(seedText)) refuse(`--seed takes a whole number, not "${seedText}".`);
const numbers = numbersOfLaws();
const fault = faultOf(positionals, numbers);
if (fault !== undefined) refuse(fault);
const selections = selectLaws(positionals, numbers);

// With the default heap settings, a fifth of the time goes into garbage collection.
const nodeOptions = [process.env.NODE_OPTIONS, "--max-semi-space-size=64"]
  .filter(Boolean)
  .join(" ");

/** Runs the laws once and returns the exit code. */
function round(environment) {
  const codes = selections.map((selection) => {
    const { status, error } = spawnSync("vitest", ["run", ...selection], {
      stdio: "inherit",
      env: { ...process.env, NODE_OPTIONS: nodeOptions, ...environment },
    });
    if (error) refuse(`vitest did not start: ${error.message}. Use \`npm run laws\`.`);
    return status ?? 1;
  });
  return Math.max(...codes);
}

if (!values.report) {
  const { runs, seed = "random" } = values;
  process.exit(
    round({ ...(runs === undefined ? {} : { GLASSINE_RUNS: runs }), GLASSINE_SEED: seed }),
  );
}

// Slow to load, and only reports need them.
const { printsOfLaws, readProgress, reportOf } = await import("./law-report.mjs");
const { sourcesOf } = await import("./law-sources.mjs");
const runs = Number(values.runs ?? 100_000);
const perRound = Math.min(runs, 10_000);
const firstSeed = Number(values.seed ?? 1);
const folder = "build/laws";
const progress = "property-tests/progress.jsonl";
mkdirSync(folder, { recursive: true });
writeFileSync(progress, "", { flag: "a" });

// One round more than needed, to make up for laws that were interrupted midway.
for (let count = 0; count <= Math.ceil(runs / perRound); count++) {
  const prints = printsOfLaws();
  const laws = readProgress(progress, prints);
  const done = laws.filter((law) => !law.held || law.runs >= runs).map(({ name }) => name);
  const plan = { runs: perRound, done, prints, progress };
  writeFileSync(`${folder}/plan.json`, JSON.stringify(plan));
  const before = readFileSync(progress, "utf8").length;
  round({
    GLASSINE_RUNS: String(perRound),
    // Never use a seed twice, even if an earlier run was interrupted.
    GLASSINE_SEED: String(Math.max(firstSeed - 1, ...laws.flatMap((law) => law.seeds)) + 1),
    GLASSINE_LAWS: `${folder}/plan.json`,
  });
  const now = readProgress(progress, prints);
  writeFileSync("property-tests/report.md", reportOf(now, runs, commitOfSources(now)));
  if (readFileSync(progress, "utf8").length === before) break;
}
spawnSync("biome", ["format", "--write", "property-tests/report.md"], { stdio: "ignore" });
const broken = readProgress(progress, printsOfLaws()).filter((law) => !law.held);
for (const { name } of broken) console.error(`Broken: ${name}`);
process.exit(broken.length === 0 ? 0 : 1);

/** Returns the last commit that touched the sources of these laws. */
function commitOfSources(laws) {
  const sources = new Set(laws.flatMap(({ path }) => sourcesOf(path)));
  const { stdout } = spawnSync("git", ["log", "-1", "--format=%h", "--", ...sources], {
    encoding: "utf8",
  });
  return stdout?.trim() || "unknown";
}
