/** The lockfile, what is installed, and the journal, held against each other. Nothing is run. */

import { GlassineError } from "../../../core/errors/index.ts";
import type { StaticReport } from "../../discovery/index.ts";
import { checkJournal, pendingChange, readTrustJournal } from "../../trust/index.ts";
import { permissionChange, signerChange } from "../plain-words.ts";
import type { LockState, PermissionChange, VerifyReport } from "../reports.ts";
import type { CommandScope } from "../services.ts";
import { driftRows, faultOf, optionsFor, staticRequest, surveyFor } from "./discover.ts";
import { lockFacts, unhashableCodes } from "./facts.ts";
import { firstProblems } from "./journal.ts";

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
    linked: linkedIn(report),
    duplicates: duplicatesIn(report),
    unhashable,
    ...state,
    unreadable: report.unreadable,
    permissions: permissionsOf(report),
    warnings: report.warnings,
  };
}

/** Installed plugins that are links: production refuses them, whatever the lockfile says. */
function linkedIn({ found }: StaticReport): VerifyReport["linked"] {
  return found
    .filter((each) => each.package.isLinked && !each.isBuiltin && !each.isLocal)
    .map(({ entry, package: { path } }) => ({ id: entry.id, path }));
}

/** Of packages that claim one id production refuses each, whichever of them the lockfile has. */
function duplicatesIn({ refused }: StaticReport): VerifyReport["duplicates"] {
  const paths = new Map<string, string[]>();
  for (const { id, code, source } of refused)
    if (id !== undefined && code === "duplicate_id" && source !== undefined)
      paths.set(id, [...(paths.get(id) ?? []), source.package.foundAt]);
  return [...paths].map(([id, of]) => ({ id, paths: of }));
}

/** A lockfile that cannot be read is told, and is no reason to stop. */
export async function lockState(scope: CommandScope): Promise<LockState> {
  const options = await optionsFor({ ...staticRequest(scope), faults: "report" });
  const { lock, lockFault, lockPath } = options;
  if (lockFault !== undefined) {
    const nothing = { journal: [], journal_count: 0, pending: false, journal_fault: null };
    return { lock: null, fault: faultOf(lockFault), ...nothing, warnings: [] };
  }
  const journal = lock === undefined ? {} : await readable(() => journalOf(lock));
  // The first change of all may have ended before there was a lockfile.
  const pending = await readable(() => isPending(lockPath));
  return {
    lock: lockFacts(options),
    fault: null,
    journal_fault: journal.fault ?? pending.fault ?? null,
    ...(journal.found ?? { journal: [], journal_count: 0 }),
    pending: pending.found ?? false,
    warnings: lock?.warnings ?? [],
  };
}

interface Readable<Found> {
  readonly found?: Found;
  readonly fault?: NonNullable<LockState["journal_fault"]>;
}

async function readable<Found>(look: () => Promise<Found>): Promise<Readable<Found>> {
  try {
    return { found: await look() };
  } catch (error) {
    if (!(error instanceof GlassineError)) throw error;
    return { fault: faultOf(error) };
  }
}

type Lock = NonNullable<StaticReport["lock"]>;

async function stateOf(lock: Lock): Promise<OfJournal & Pick<LockState, "pending">> {
  return { ...(await journalOf(lock)), pending: await isPending(lock.path) };
}

async function isPending(lockPath: string): Promise<boolean> {
  const change = await pendingChange(lockPath);
  return change !== undefined && !change.isInProgress;
}

type OfJournal = Pick<LockState, "journal" | "journal_count">;

async function journalOf(lock: Lock): Promise<OfJournal> {
  const found = checkJournal(lock, await readTrustJournal(lock.path));
  const { problems, problem_count } = firstProblems(found);
  return { journal: problems, journal_count: problem_count };
}

/** What trusted plugins ask for now, against what was granted, and who signs them. */
function permissionsOf({ lock, found }: StaticReport): readonly PermissionChange[] {
  const changes = lock?.entries.flatMap(({ id, ...was }) => {
    const now = found.find(({ entry }) => entry.id === id);
    if (now === undefined) return [];
    const { capabilities, hooks } = now.package;
    const change = {
      id,
      ...permissionChange(was.capabilities ?? null, capabilities ?? null),
      hooks: permissionChange(was.hooks ?? null, hooks ?? null),
      signer: signerChange(was.signer ?? null, now.signer ?? null),
    };
    const { added, removed, signer } = change;
    const names = [added, removed, change.hooks.added, change.hooks.removed].flat();
    return names.length === 0 && signer === null ? [] : [change];
  });
  return changes ?? [];
}
