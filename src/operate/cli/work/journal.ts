/** The journal of trust: who trusted what, when and why. Nothing is run. */
import { GlassineError } from "../../../core/errors/index.ts";
import { readTrustJournal } from "../../trust/index.ts";
import type { JournalProblem, JournalReport, TrustEvent } from "../reports.ts";
import type { JournalRequest } from "../services.ts";
import { optionsFor, staticRequest } from "./discover.ts";
import { lockFacts } from "./facts.ts";

/** A journal can have a million lines, and as many faults. */
const maxShown = 100;

type Journal = Awaited<ReturnType<typeof readTrustJournal>>;

export async function journal(request: JournalRequest): Promise<JournalReport> {
  const options = await optionsFor({ ...staticRequest(request), faults: "report" });
  const { lockPath, warnings } = options;
  const { path, lines, problems } = await readTrustJournal(lockPath);
  const isNone = lines.length === 0 && problems.length === 0;
  if (options.lock === undefined && isNone)
    throw new GlassineError("lockfile_missing", "there is no plugins.lock, and no journal");
  const wanted = lines.filter(({ id }) => request.id === undefined || id === request.id);
  return {
    lock: lockFacts(options),
    journal: path,
    changes: wanted.slice(-maxShown).map(eventOf),
    change_count: wanted.length,
    ...firstProblems(problems),
    warnings,
  };
}

/** The first problems as reports have them, and how many there are. */
export function firstProblems(problems: Journal["problems"]): {
  readonly problems: readonly JournalProblem[];
  readonly problem_count: number;
} {
  const first = problems.slice(0, maxShown).map(({ line, id, problem, detail }) => ({
    line: line ?? null,
    id: id ?? null,
    problem,
    detail,
  }));
  return { problems: first, problem_count: problems.length };
}

function eventOf(line: Journal["lines"][number]): TrustEvent {
  const { number, at, action, id, version, hash, until, reason, actor } = line;
  const isGrant = action === "trust";
  return {
    ...{ line: number, at, action, id, reason },
    version: isGrant ? version : null,
    distribution_hash: isGrant ? hash : null,
    until: until ?? null,
    actor: actor ?? null,
  };
}
