// Injects faults into trust changes for longer than the tests do, `npm run faults -- --rounds 100`:
// a kill and every I/O error at every call that touches the folder (F-09, F-10), and 32 processes
// at once for that many rounds (F-11). Prints at the end what was tried, with counts.
//
// Names on the command line select files: `npm run faults -- kills`. With `--report` the counts
// of a whole run go to test/faults/report.md, together with the conditions of the run.
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, release, type as system } from "node:os";
import process from "node:process";
import { readArguments, refuse } from "./read-arguments.mjs";

const parts = ["kills", "disks", "writers"];
const { values, positionals } = readArguments(
  {
    options: { rounds: { type: "string" }, report: { type: "boolean", default: false } },
    allowPositionals: true,
  },
  `--rounds N, --report, and some of ${parts.join(", ")}`,
);

const { rounds = "100" } = values;
if (!/^[1-9]\d*$/.test(rounds)) {
  refuse(`--rounds takes a whole number above 0, not "${rounds}".`);
}
const unknown = positionals.find((name) => !parts.includes(name));
if (unknown !== undefined) refuse(`"${unknown}" is none of ${parts.join(", ")}.`);
if (values.report && positionals.length > 0) refuse("--report is for a whole run.");
const chosen = positionals.length === 0 ? parts : positionals;

const folder = "build/faults";
const path = `${folder}/report.jsonl`;
mkdirSync(folder, { recursive: true });
writeFileSync(path, "");

// One file at a time: each already uses both cores.
const codes = chosen.map((name) => {
  const { status, error } = spawnSync("vitest", ["run", `faults/trust-${name}.test.ts`], {
    stdio: "inherit",
    env: {
      ...process.env,
      GLASSINE_TRUST_MATRIX: "whole",
      GLASSINE_TRUST_ROUNDS: rounds,
      GLASSINE_TRUST_REPORT: path,
    },
  });
  if (error) refuse(`vitest did not start: ${error.message}. Use \`npm run faults\`.`);
  return status ?? 1;
});

const counts = new Map();
for (const line of readFileSync(path, "utf8")
  .split("\n")
  .filter((text) => text !== "")) {
  const { what, count } = JSON.parse(line);
  counts.set(what, (counts.get(what) ?? 0) + count);
}
rmSync(folder, { recursive: true });
const width = Math.max(0, ...[...counts.keys()].map((what) => what.length));
for (const [what, count] of counts) console.log(`${what.padEnd(width)}  ${count}`);
const verdict = codes.every((code) => code === 0) ? "All of it held." : "Not all of it held.";
console.log(verdict);
if (values.report) {
  writeFileSync("test/faults/report.md", reportOf());
  spawnSync("biome", ["format", "--write", "test/faults/report.md"], { stdio: "ignore" });
}
process.exit(Math.max(...codes));

function reportOf() {
  const { stdout } = spawnSync("git", ["log", "-1", "--format=%h"], { encoding: "utf8" });
  const conditions = `commit ${stdout?.trim() || "unknown"}, Node ${process.versions.node}, ${system()} ${release()}, ${availableParallelism()} cores`;
  const rows = [...counts].map(([what, count]) => `| ${what} | ${count} |`);
  return [
    "# Faults of changes of trust",
    "",
    `\`npm run faults -- --rounds ${rounds} --report\`, ${new Date().toISOString().slice(0, 10)}, ${conditions}.`,
    verdict,
    "",
    "| What was tried | How often |",
    "| --- | ---: |",
    ...rows,
    "",
  ].join("\n");
}
