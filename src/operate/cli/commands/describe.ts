/** `plugins describe NAME` */
import { closest } from "../../../core/errors/index.ts";
import {
  catalogOf,
  expectLockfile,
  type Handler,
  modeOf,
  scopeOf,
  withHost,
} from "../command-context.ts";
import { CommandFailure, negative } from "../failure.ts";
import { wordsOf } from "../plain-words.ts";
import { type Described, describeDocument, describeLines } from "../print/describe.ts";
import type { DiscoveryReport } from "../reports.ts";
import { texts } from "../texts.ts";

export const describe: Handler = async (given) => {
  const context = await withHost(given);
  const [name = ""] = context.operands;
  const mode = modeOf(context);
  const load = context.options.noLoad !== true;
  const catalog = await catalogOf(context);
  const scope = await scopeOf(context);
  await expectLockfile(scope);
  const report = await context.services.discover({ ...scope, mode, load, faults: "throw" });
  const found = find(report, name);
  if (found === undefined) throw notFound(report, name);
  const described = { ...found, words: wordsOf(context.host.host) };
  const { env, host, paint } = context;
  return {
    exitCode: 0,
    document: describeDocument(described, { catalog, env, catalogUrl: host.catalogUrl }),
    lines: describeLines(described, paint),
    warnings: described.warnings,
  };
};

function notFound(report: DiscoveryReport, name: string): CommandFailure {
  const { told } = negative("plugin_not_found", texts.pluginNotFound(name));
  const all: readonly Named[] = [...report.loaded, ...report.rejected];
  const known = all.flatMap(({ id, package: from }) => (id === null ? [from] : [id, from]));
  const near = closest(name, known);
  return new CommandFailure({ ...told, more: near === undefined ? [] : [texts.didYouMean(near)] });
}

/** By id, and else by the name of the package. What is loaded comes before what is rejected. */
function find(report: DiscoveryReport, name: string): Omit<Described, "words"> | undefined {
  const found =
    findIn(report, (each) => each.id === name) ?? findIn(report, (each) => each.package === name);
  if (found === undefined) return undefined;
  const { facts, rejected } = found;
  const id = facts?.id ?? rejected?.id ?? name;
  const claims = report.rejected.filter((each) => each.id === id && each !== rejected);
  const inside = id === name ? [] : idsOf(report, name).filter((other) => other !== id);
  return {
    facts,
    rejected,
    drift: report.drift.filter((row) => row.id === id),
    lock: report.lock,
    warnings: [
      ...report.warnings,
      ...(claims.length === 0
        ? []
        : [
            texts.othersClaim(
              id,
              claims.map((each) => each.package),
            ),
          ]),
      ...(inside.length === 0 ? [] : [texts.othersInside(name, inside)]),
    ],
  };
}

type Named = { readonly id: string | null; readonly package: string };

function findIn(
  { loaded, rejected }: DiscoveryReport,
  isIt: (each: Named) => boolean,
): Pick<Described, "facts" | "rejected"> | undefined {
  const facts = loaded.find(isIt);
  if (facts !== undefined) return { facts, rejected: null };
  const refused = rejected.find(isIt);
  return refused === undefined ? undefined : { facts: refused.facts, rejected: refused };
}

/** The ids of all plugins of a package. */
function idsOf({ loaded, rejected }: DiscoveryReport, name: string): readonly string[] {
  const all: readonly Named[] = [...loaded, ...rejected];
  return all.flatMap(({ id, package: from }) => (from === name && id !== null ? [id] : []));
}
