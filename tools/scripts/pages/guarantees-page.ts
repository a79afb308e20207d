/** docs/guarantees.md: what is guaranteed against any plugin, with evidence, and what is not. */

import { type Guarantee, guarantees, limitsOfThePromise } from "../data/guarantees.ts";
import { type GuardedApi, guardedApis } from "../data/guarded-apis.ts";
import type { Attack, Fault, Law } from "../read-attacks.ts";
import { code, fileOf, generatedFrom, page, table } from "./markdown.ts";

const intro = `# Guarantees

Each guarantee holds for any value that a plugin returns and any text that a caller sends, if the library was imported before the plugin and the plugin acts only through parameters and return values.
[What is not promised](#what-is-not-promised) follows below.

Attacks, laws and faults test each guarantee.
An _attack_ is a test of its own; [threat-model.md](threat-model.md) lists attacks with their outcomes.
A _law_ is a property test over generated data, including hostile values; \`npm run laws -- --runs 10000\` tries each law that many times.
A _fault_ is injected at every step at which it can happen.`;

const modelsIntro = `## Which traffic of models

G20 holds for these APIs.
What is judged as one document is passed on when all of it has been judged.
A stream is put together and judged as one document too; its text is passed on [as early as plugins allow](guard-a-model.md#streams), and everything else waits for the stream's end.`;

const limitsIntro = `## What is not promised

Plugins run in the process of the host.
So capabilities prevent mistakes, enforce least privilege for code that somebody reviewed, and reveal forgery in returned data. They are not a sandbox.`;

export interface Evidence {
  readonly attacks: readonly Attack[];
  readonly laws: readonly Law[];
  readonly faults: readonly Fault[];
}

/** @throws Error when a guarantee names an attack, a law or a fault that no test has */
export function guaranteesPage({ attacks, laws, faults }: Evidence): string {
  const known = (all: readonly { readonly number: string }[], number: string) => {
    if (all.some((each) => each.number === number)) return number;
    throw new Error(`A guarantee names ${number}, which has no test.`);
  };
  const section = (guarantee: Guarantee) => {
    for (const number of guarantee.attacks.flatMap(expand)) known(attacks, number);
    const behind = [
      `Attacks: ${guarantee.attacks.join(", ")}.`,
      `Laws: ${guarantee.laws.map((number) => known(laws, number)).join(", ")}.`,
      guarantee.faults === undefined
        ? ""
        : `Faults: ${guarantee.faults.map((number) => known(faults, number)).join(", ")}.`,
    ].filter((line) => line !== "");
    return `### ${guarantee.number}: ${guarantee.name}\n\n${guarantee.promise}\n\n${behind.join("\n")}`;
  };
  return page([
    generatedFrom("tools/scripts/data/guarantees.ts and the titles of the tests"),
    intro,
    "## What is promised",
    ...guarantees.map(section),
    modelsIntro,
    table(["API", "Guard", "Judged as one document", "Judged as a stream"], guardedApis.map(row)),
    limitsIntro,
    table(
      ["Number", "Limit", "What it means"],
      limitsOfThePromise.map(({ number, name, text }) => [number, name, text]),
    ),
    "## The laws",
    table(
      ["Law", "Statement", "Tested in"],
      laws.map(({ number, statement, path }) => [
        number,
        statement,
        `[${fileOf(path)}](../${path})`,
      ]),
    ),
    "## The faults",
    table(
      ["Fault", "What is injected", "Tested in"],
      faults.map(({ number, statement, path }) => [
        number,
        statement,
        `[${fileOf(path)}](../${path})`,
      ]),
    ),
  ]);
}

/** @throws Error when a row contradicts its provider */
function row({ provider, guard, whole, streamed }: GuardedApi): readonly string[] {
  const { name, requests, eventTexts } = provider;
  if ((eventTexts === undefined) !== (streamed === undefined))
    throw new Error(`The row of ${name} says the contrary about streams.`);
  if (requests.length > 0 !== (guard === "guardFetch"))
    throw new Error(`The row of ${name} names another guard than the one that takes it.`);
  return [code(name), code(guard), whole, streamed ?? "Nothing"];
}

/** Expands `A-061–A-063` to its three numbers. */
function expand(range: string): readonly string[] {
  const [from = "", to = from] = range.split("–");
  const first = Number(from.slice(2));
  const last = Number(to.slice(2));
  return Array.from(
    { length: last - first + 1 },
    (_, at) => `A-${String(first + at).padStart(3, "0")}`,
  );
}
