/** The lockfile, what is installed, and the journal, held against each other. Nothing is run. */
import type { StaticReport } from "../../discovery/index.ts";
import { GlassineError } from "../../errors/index.ts";
import { checkJournal, loadJournal, pendingChange } from "../../trust/index.ts";
import type { JournalProblem, LockState, PermissionChange, VerifyReport } from "../reports.ts";
import type { CommandScope } from "../services.ts";
import { driftRows, staticRequest } from "./discover.ts";
import { surveyFor } from "./discovered.ts";
import { lockFacts } from "./facts.ts";

const unhashableCodes: readonly string[] = [
  "unsafe_symlink",
  "unsupported_file",
  "package_too_large",
];

export async function verify(scope: CommandScope): Promise<VerifyReport> {
  const { report } = await surveyFor(staticRequest(scope));
  const { lock } = report;
  const facts = lockFacts(report);
  if (lock === undefined || facts === null)
    throw new GlassineError("lockfile_missing", "verify: no plugins.lock found");
  const locked = new Set(lock.entries.map(({ id }) => id));
  const unhashable = report.refused.flatMap(({ id, code, reason }) =>
    id !== undefined && locked.has(id) && unhashableCodes.includes(code)
      ? [{ id, code, reason }]
      : [],
  );
  const state = await stateOf(lock);
  return {
    lock: facts,
    drift: driftRows(report),
    unhashable,
    ...state,
    permissions: permissionsOf(report),
    warnings: report.warnings,
  };
}

/** A lockfile that cannot be read is told, and is no reason to stop. */
export async function lockState(scope: CommandScope): Promise<LockState> {
  const { report, options } = await surveyFor({ ...staticRequest(scope), lockFaults: "report" });
  const { lockFault } = options;
  if (lockFault !== undefined) {
    const fault = { code: lockFault.code, message: lockFault.message };
    return { lock: null, fault, journal: [], pending: false, warnings: [] };
  }
  const nothing = { journal: [], pending: false };
  const state = report.lock === undefined ? nothing : await stateOf(report.lock);
  return { lock: lockFacts(report), fault: null, ...state, warnings: report.lock?.warnings ?? [] };
}

type Lock = NonNullable<StaticReport["lock"]>;

async function stateOf(lock: Lock): Promise<Pick<LockState, "journal" | "pending">> {
  const journal = await journalOf(lock);
  const change = await pendingChange(lock.path);
  return { journal, pending: change !== undefined && !change.isInProgress };
}

async function journalOf(lock: Lock): Promise<readonly JournalProblem[]> {
  const problems = checkJournal(lock, await loadJournal(lock.path));
  return problems.map(({ line, id, problem }) => ({
    line: line ?? null,
    id: id ?? null,
    problem,
  }));
}

/** What trusted plugins ask for now, against what was granted. */
function permissionsOf({ lock, found }: StaticReport): readonly PermissionChange[] {
  const changes = lock?.entries.flatMap(({ id, capabilities: granted }) => {
    const now = found.find(({ entry }) => entry.id === id)?.package.capabilities;
    if (granted === undefined || now === undefined) return [];
    const added = now.filter((name) => !granted.includes(name)).sort();
    const removed = granted.filter((name) => !now.includes(name)).sort();
    return added.length + removed.length === 0 ? [] : [{ id, added, removed }];
  });
  return changes ?? [];
}
