// Reads the progress of a reported run of the laws, one line of JSON per law and round, and writes
// the page that is made from it.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { availableParallelism, totalmem } from "node:os";
import process from "node:process";
import { runOf, sourcesOf } from "./law-sources.mjs";

/** Maps each file of laws to a hash of the code that it and all its imports run. */
export function printsOfLaws() {
  const runs = new Map();
  const hashOf = (paths) => {
    const hash = createHash("sha256");
    for (const path of paths) {
      if (!runs.has(path)) runs.set(path, runOf(path));
      hash.update(`${path}\0`).update(runs.get(path)).update("\0");
    }
    return hash.digest("hex");
  };
  const files = readdirSync("property-tests").filter((name) => name.endsWith(".test.ts"));
  return Object.fromEntries(
    files.sort().map((name) => {
      const path = `property-tests/${name}`;
      return [path, hashOf(sourcesOf(path))];
    }),
  );
}

/** Returns the laws in a progress file that have not changed since, with their rounds added up. */
export function readProgress(progress, prints) {
  const laws = new Map();
  for (const text of readFileSync(progress, "utf8").split("\n")) {
    const line = lineOf(text);
    if (line === undefined || prints[line.path] !== line.print) continue;
    const name = `${line.path} > ${line.title}`;
    const law = laws.get(name) ?? {
      name,
      path: line.path,
      title: line.title,
      runs: 0,
      ran: 0,
      ms: 0,
      seeds: [],
      held: true,
      found: undefined,
    };
    laws.set(name, law);
    law.runs += line.runs;
    law.ran += line.ran;
    law.ms += line.ms;
    law.at = line.at;
    if (line.seed !== undefined) law.seeds.push(line.seed);
    if (!line.held) Object.assign(law, { held: false, found: line.found });
  }
  return [...laws.values()];
}

/** An interrupted run can leave an incomplete line, which is skipped. */
function lineOf(text) {
  try {
    return text === "" ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Returns the text of the page. */
export function reportOf(laws, runs, commit) {
  const sorted = [...laws].sort((a, b) => numberOf(a) - numberOf(b) || (a.name < b.name ? -1 : 1));
  const broken = sorted.filter(({ held }) => !held);
  const open = sorted.filter((law) => law.held && law.runs < runs);
  const hours = laws.reduce((sum, { ms }) => sum + ms, 0) / 3_600_000;
  const days = laws.map(({ at }) => at.slice(0, 10)).sort();
  const memory = Math.round(totalmem() / 2 ** 30);
  const lines = [
    "# The laws, many times over",
    "",
    "Made by `npm run laws -- --runs N --report`; not by hand.",
    "",
    `- Runs per law: ${thousands(runs)}. A costly law runs a share of that, which the table shows.`,
    `- From ${days[0] ?? "-"} to ${days.at(-1) ?? "-"}: ${hours.toFixed(1)} hours of one core.`,
    `- Sources: commit ${commit}.`,
    `- Node ${process.version.slice(1)}, ${process.platform} ${process.arch}, ${availableParallelism()} cores, ${memory} GiB.`,
    `- Held: ${sorted.length - broken.length - open.length} of ${sorted.length}. Broken: ${broken.length}. Not through yet: ${open.length}.`,
    "- A round of a law is one seed: `npm run laws -- <file> --runs 10000 --seed <seed>` runs it again.",
    "",
    "| Law | Says | For | Runs | Share | Seeds | Outcome |",
    "| --- | --- | --- | ---: | ---: | --- | --- |",
    ...sorted.map((law) => rowOf(law, runs)),
  ];
  for (const { path, title, found } of broken) {
    lines.push("", `## Broken: ${cell(title)}`, "", `In \`${path}\`:`, "", "```");
    lines.push(...String(found).split("\n").slice(0, 40), "```");
  }
  return `${lines.join("\n")}\n`;
}

const numberOf = ({ title }) => Number(/L(\d+):/.exec(title)?.[1] ?? 0);

function rowOf({ title, path, runs: through, ran, seeds, held }, runs) {
  const names = title.split(" > ");
  const [, number = "", says = title] = /^(L\d+)(?:, L\d+)*: (.*)$/.exec(names.at(-1)) ?? [];
  const file = /([^/]+)\.test\.ts$/.exec(path)?.[1] ?? path;
  const of = names
    .slice(0, -1)
    .map((name) => name.replace(/^'(.*)'$/, "$1").replaceAll("\\'", "'"));
  const subject = [file, ...of].join(", ");
  const isExample = seeds.length === 0;
  const share = isExample ? "example" : `${Math.round((100 * ran) / through)} %`;
  const span = isExample ? "" : [...new Set([Math.min(...seeds), Math.max(...seeds)])].join("–");
  const outcome = !held ? "**broken**" : through < runs ? "not through" : "held";
  const cells = [number, cell(says), cell(subject), thousands(ran), share, span, outcome];
  return `| ${cells.join(" | ")} |`;
}

const cell = (text) => text.replaceAll("|", "\\|").replaceAll("\n", " ");
const thousands = (number) => String(number).replaceAll(/\B(?=(?:\d{3})+$)/g, " ");
