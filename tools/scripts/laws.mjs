// Runs the property tests, `npm run laws -- --runs 10000`, each law that many times.
// Each run has other cases, by a random seed, unless `--seed` gives one.
// What else is on the command line names laws or files of laws, and all of them run:
// `npm run laws -- L17 filter --runs 10000`.
//
// With `--report` the run goes in rounds of at most 10 000, a seed a round, and writes down each
// law as soon as it is through, so that a run that is cut short goes on where it was, also on
// another machine, and can be done a file at a time. What is known so far goes to property-tests/report.md after each round. A
// law whose sources have changed since begins anew.
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
// Half of the seeds that fast-check reports are negative.
if (!/^-?\d+$/.test(seedText)) refuse(`--seed takes a whole number, not "${seedText}".`);
const numbers = numbersOfLaws();
const fault = faultOf(positionals, numbers);
if (fault !== undefined) refuse(fault);
const selections = selectLaws(positionals, numbers);

// A fifth of the time goes into collecting what is generated, unless there is room for it.
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

// They take their time to load, and nothing else has need of them.
const { printsOfLaws, readProgress, reportOf } = await import("./law-report.mjs");
const { sourcesOf } = await import("./law-sources.mjs");
const runs = Number(values.runs ?? 100_000);
const perRound = Math.min(runs, 10_000);
const firstSeed = Number(values.seed ?? 1);
const folder = "build/laws";
const progress = "property-tests/progress.jsonl";
mkdirSync(folder, { recursive: true });
writeFileSync(progress, "", { flag: "a" });

// One round more than it takes: a law that broke off in the middle is made good in it.
for (let count = 0; count <= Math.ceil(runs / perRound); count++) {
  const prints = printsOfLaws();
  const laws = readProgress(progress, prints);
  const done = laws.filter((law) => !law.held || law.runs >= runs).map(({ name }) => name);
  const plan = { runs: perRound, done, prints, progress };
  writeFileSync(`${folder}/plan.json`, JSON.stringify(plan));
  const before = readFileSync(progress, "utf8").length;
  round({
    GLASSINE_RUNS: String(perRound),
    // No seed twice, also when an earlier run was cut short.
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

/** The last commit that touched what these laws run. */
function commitOfSources(laws) {
  const sources = new Set(laws.flatMap(({ path }) => sourcesOf(path)));
  const { stdout } = spawnSync("git", ["log", "-1", "--format=%h", "--", ...sources], {
    encoding: "utf8",
  });
  return stdout?.trim() || "unknown";
}
