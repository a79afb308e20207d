/** The journal of trust: who trusted what, when and why. Nothing is run. */
import { GlassineError } from "../../../core/errors/index.ts";
import { readTrustJournal } from "../../trust/index.ts";
import type { JournalProblems } from "../reports.ts";
import type { CommandScope } from "../scope.ts";
import { optionsFor, staticRequest } from "./discover.ts";
import { lockFacts } from "./facts.ts";

/** A journal can have a million lines, and as many faults. */
const maxShown = 100;

type Journal = Awaited<ReturnType<typeof readTrustJournal>>;

/** The last changes and the first problems, of one plugin alone where `id` is given. */
export async function journal(request: CommandScope & { readonly id: string | undefined }) {
  const options = await optionsFor({ ...staticRequest(request), faults: "report" });
  const { lockPath, warnings } = options;
  const { path, lines, problems } = await readTrustJournal(lockPath);
  if (options.lock === undefined && lines.length === 0 && problems.length === 0)
    throw new GlassineError("lockfile_missing", "there is no plugins.lock, and no journal");
  const wanted = lines.filter(({ id }) => request.id === undefined || id === request.id);
  return {
    lock: lockFacts(options),
    path,
    changes: wanted.slice(-maxShown).map(eventOf),
    change_count: wanted.length,
    ...firstProblems(problems),
    warnings,
  };
}

export function firstProblems(problems: Journal["problems"]): JournalProblems {
  const journal = problems
    .slice(0, maxShown)
    .map(({ line = null, id = null, ...each }) => ({ line, id, ...each }));
  return { journal, journal_count: problems.length };
}

function eventOf(line: Journal["lines"][number]) {
  const { number, at, action, id, version, hash, until = null, reason, actor = null } = line;
  const isGrant = action === "trust";
  return {
    ...{ line: number, at, action, id, reason, until, actor },
    version: isGrant ? version : null,
    distribution_hash: isGrant ? hash : null,
  };
}
