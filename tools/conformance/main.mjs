/**
 * Runs MCP's conformance tool against servers, and against the gateway in front of them: each check
 * of each scenario must have the same result. Exits with 1 for a difference that is not listed in
 * known.json with a reason, and for a listed one that is gone.
 *
 *     npm run conformance             the newest tool that runs on Node 20
 *     npm run conformance -- --later  both revisions, on a Node that npx fetches
 *     npm run conformance -- --short  one server, with six plugins; it writes nothing
 *
 * Writes results-*.json and report.md next to this file.
 */
import { readFile, writeFile } from "node:fs/promises";
import process from "node:process";
import { differences, judge } from "./differences.mjs";
import { writeReport } from "./report.mjs";
import { eachSide } from "./sides.mjs";
import { runs, scenariosOf } from "./tool.mjs";

const isLater = process.argv.includes("--later");
const isShort = process.argv.includes("--short");
const plan = isLater
  ? [
      ["2025-11-25", "fixture on SDK v2"],
      ["2025-11-25", "fixture on SDK v1"],
      ["2025-11-25", "server-everything"],
      // The other servers do not support this revision.
      ["2026-07-28", "fixture on SDK v2"],
    ]
  : [
      ["active", "fixture on SDK v2"],
      ["active", "fixture on SDK v1"],
      ["active", "server-everything"],
    ];

const file = (name) => new URL(name, import.meta.url);
const results = [];
for (const [run, server] of isShort ? plan.slice(0, 1) : plan) {
  const kinds = isShort ? ["six"] : undefined;
  const sides = await eachSide(server, (url) => scenariosOf(run, url), kinds);
  results.push({ run, tool: runs[run].tool, server, sides });
}

if (!isShort) {
  const of = isLater ? "later" : "active";
  const about = { date: new Date().toISOString().slice(0, 10), node: process.version };
  await writeFile(file(`results-${of}.json`), `${JSON.stringify({ ...about, results })}\n`);
  await writeReport();
}

const known = JSON.parse(await readFile(file("known.json"), "utf8"));
const behind = results.flatMap(({ run, server, sides: { direct, ...others } }) =>
  Object.entries(others).map(([side, scenarios]) => ({ run, server, side, direct, scenarios })),
);
const found = behind.flatMap(({ direct, scenarios, ...where }) =>
  differences(direct, scenarios).map((each) => ({ ...where, ...each })),
);
const { unknown, stale } = judge(found, known, behind);
const say = (text) => process.stdout.write(`${text}\n`);
for (const { run, server, side, scenario, check, ...was } of unknown)
  say(`${run}, ${server}, ${side}: ${scenario}: ${check}: ${was.direct}, behind it ${was.behind}`);
for (const { run, server, side, scenario, check } of stale)
  say(`known.json: ${run}, ${server}, ${side}: ${scenario}: ${check} does not differ`);
if (unknown.length + stale.length > 0) process.exitCode = 1;
else {
  const checks = behind.flatMap(({ scenarios }) => Object.values(scenarios).flat()).length;
  say(`${behind.length} gateways gave the results of the servers behind them in ${checks} checks.`);
}
