/** Writes report.md from the results of the last runs and the list of known differences. */
import { readFile, writeFile } from "node:fs/promises";
import { differences } from "./differences.mjs";

const file = (name) => new URL(name, import.meta.url);

async function documentOf(name) {
  try {
    return JSON.parse(await readFile(file(name), "utf8"));
  } catch (error) {
    if (error.code === "ENOENT") return undefined;
    throw error;
  }
}

const row = (...cells) => `| ${cells.join(" | ")} |`;

function passedAndFailed(scenarios) {
  const all = Object.values(scenarios).flat();
  const count = (status) => all.filter((each) => each.status === status).length;
  return `${count("SUCCESS")}/${count("FAILURE")}`;
}

function tableOf({ date, node, results }) {
  const rows = results.flatMap(({ run, tool, server, sides }) =>
    Object.entries(sides).map(([side, scenarios]) => {
      const count = differences(sides.direct, scenarios).length;
      const what = side === "direct" ? "–" : String(count);
      return row(
        tool,
        run,
        server,
        side,
        Object.keys(scenarios).length,
        passedAndFailed(scenarios),
        what,
      );
    }),
  );
  return [
    `Of ${date}, the gateway on Node ${node}.`,
    "",
    row("tool", "scenarios", "server", "in front", "run", "passed/failed", "checks that differ"),
    row("---", "---", "---", "---", "---", "---", "---"),
    ...rows,
    "",
  ];
}

export async function writeReport() {
  const documents = [
    await documentOf("results-active.json"),
    await documentOf("results-later.json"),
  ];
  const known = await documentOf("known.json");
  const lines = [
    "# Conformance of the gateway",
    "",
    "Written by `npm run conformance`. Each check of each scenario of the MCP conformance tool must end",
    "the same way behind the gateway as without it; totals only describe the runs.",
    "",
    ...documents.filter(Boolean).flatMap(tableOf),
    "## Known differences",
    "",
    ...known.flatMap(({ run, server, side, scenario, checks, reason }) => [
      `- ${run}, ${server}${side && ` over ${side}`}, \`${scenario}\` (${checks.length}): ${reason}`,
    ]),
    "",
  ];
  await writeFile(file("report.md"), lines.join("\n"));
}
