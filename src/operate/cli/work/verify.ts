/** Compares the lockfile with what is installed and with the journal. Runs no plugin. */
import { GlassineError } from "../../../core/errors/index.ts";
import {
  linkedPackage,
  type Refused,
  refusedFor,
  type StaticReport,
} from "../../discovery/index.ts";
import {
  checkJournal,
  isSignatureCode,
  type Lockfile,
  noLock,
  pendingChange,
  readLockWithJournal,
  readTrustJournal,
} from "../../trust/index.ts";
import type { CommandScope } from "../command-host.ts";
import type { JournalProblems, ReadFault, RejectedRow } from "../documents.ts";
import { noLockfile } from "../failure.ts";
import { changesSince } from "../plain-words.ts";
import {
  driftRows,
  faultOf,
  filesOnlyRequest,
  readCommandOptions,
  rejectedRowOf,
  surveyPackages,
} from "./discover.ts";
import { factsOfLock, lockFacts, unhashableCodes } from "./facts.ts";

export type VerifyReport = Awaited<ReturnType<typeof verify>>;

export async function verify(scope: CommandScope) {
  const { report, options } = await surveyPackages(filesOnlyRequest(scope));
  const { lock, signaturesUnchecked, unreadable, warnings } = report;
  if (lock === undefined) throw noLockfile("verify", options.otherLock);
  const rejected = rejectedIn(report, lock);
  return {
    lock: factsOfLock(lock),
    guest_count: lock.entries.filter(({ kind }) => kind !== undefined).length,
    other_host_count: report.ofOthers.length,
    drift: driftRows(report),
    rejected,
    unhashable: rejected.flatMap(({ id, code, reason }) =>
      id !== null && unhashableCodes.includes(code) ? [{ id, code, reason }] : [],
    ),
    signatures_unchecked: signaturesUnchecked ?? null,
    ...(await journalOf(lock.path, lock)),
    pending: await isUnfinished(lock.path),
    // The contents of these folders were not compared.
    unreadable,
    permissions: permissionsOf(report),
    warnings,
  };
}

/** What production refuses, whatever the lockfile says of it. */
function rejectedIn(
  { found, refused, signaturesUnchecked }: StaticReport,
  { entries }: Lockfile,
): readonly RejectedRow[] {
  const locked = new Set<string | undefined>(entries.map(({ id }) => id));
  const links = found
    .filter((each) => each.package.isLinked && !each.isBuiltin && !each.isLocal)
    .map((each) => refusedFor(each, linkedPackage(each.package.path)));
  // Without any check the policy refuses every plugin or none, and neither is a finding.
  const isFinding = ({ id, code }: Refused) =>
    isSignatureCode(code)
      ? signaturesUnchecked === undefined && locked.has(id)
      : code !== "sibling_rejected";
  return [...links, ...refused.filter(isFinding)].map(rejectedRowOf);
}

/** What trusted plugins ask for now, compared with what was granted, and who signs them. */
function permissionsOf({ lock, found }: StaticReport) {
  return (lock?.entries ?? []).flatMap(({ id, kind, ...was }) => {
    const now = found.find(({ entry }) => entry.id === id);
    // The entry of a guest with the same id says nothing about this plugin.
    if (now === undefined || kind !== undefined) return [];
    const { capabilities, hooks } = now.package;
    const changes = changesSince(was, { capabilities, hooks, signer: now.signer });
    const { permission_change, hook_change, signer_change } = changes;
    const names = [permission_change, hook_change].flatMap((each) => Object.values(each).flat());
    const isSame = names.length === 0 && signer_change === null;
    return isSame ? [] : [{ id, ...permission_change, hook_change, signer_change }];
  });
}

export type JournalState = Awaited<ReturnType<typeof journalState>>;

/** The state of the journal for `doctor`, which reports one that cannot be read. */
export async function journalState(scope: CommandScope) {
  const options = await readCommandOptions({ ...filesOnlyRequest(scope), faults: "report" });
  const { lock, lockFault, lockPath } = options;
  const faults: ReadFault[] = [];
  const readable = <Found>(look: Promise<Found>, missing: Found): Promise<Found> =>
    look.catch((error: unknown) => {
      if (!(error instanceof GlassineError)) throw error;
      faults.push(faultOf(error));
      return missing;
    });
  const none = firstProblems([]);
  const problems = lockFault === undefined ? await readable(journalOf(lockPath, lock), none) : none;
  // The very first change may have been interrupted before there was a lockfile.
  const pending = lockFault === undefined && (await readable(isUnfinished(lockPath), false));
  return {
    /** Why the journal, or the record of an unfinished change, cannot be read. */
    journal_fault: faults[0] ?? null,
    ...problems,
    pending,
  };
}

/** Whether a change was begun but is neither finished nor in progress. */
async function isUnfinished(lockPath: string): Promise<boolean> {
  return (await pendingChange(lockPath)) === "unfinished";
}

/** The lock may have been changed since `known` was read: hashing packages takes a while. */
async function journalOf(path: string, known: StaticReport["lock"]): Promise<JournalProblems> {
  const { lock = known ?? noLock, journal } = await readLockWithJournal(path);
  return firstProblems(checkJournal(lock, journal));
}

/** A journal can have a million lines, and as many problems. */
const maxShown = 100;

type Journal = Awaited<ReturnType<typeof readLockWithJournal>>["journal"];

/** The last changes, of one plugin if `id` is given, and the first problems of the journal. */
export async function journal(request: CommandScope & { readonly id: string | undefined }) {
  const options = await readCommandOptions({ ...filesOnlyRequest(request), faults: "report" });
  const { lockPath, lockFault, warnings } = options;
  const { lock, journal: found } =
    lockFault === undefined
      ? await readLockWithJournal(lockPath)
      : { lock: undefined, journal: await readTrustJournal(lockPath) };
  const { path, lines } = found;
  const problems = lockFault === undefined ? checkJournal(lock ?? noLock, found) : found.problems;
  if (lock === undefined && lines.length === 0 && problems.length === 0) {
    const text = "there is no plugins.lock and no journal";
    const named = request.lockfile === undefined ? {} : { path: request.lockfile };
    throw lockFault ?? new GlassineError("lockfile_missing", text, named);
  }
  const wanted = lines.filter(({ id }) => request.id === undefined || id === request.id);
  return {
    lock: lockFacts({ lock }),
    lock_fault: lockFault === undefined ? null : faultOf(lockFault),
    journal_path: path,
    changes: wanted.slice(-maxShown).map(eventOf),
    change_count: wanted.length,
    ...firstProblems(problems),
    warnings,
  };
}

function firstProblems(problems: Journal["problems"]): JournalProblems {
  const first = problems.slice(0, maxShown);
  return {
    journal_problems: first.map(({ line = null, id = null, ...each }) => ({ line, id, ...each })),
    journal_problem_count: problems.length,
  };
}

function eventOf(line: Journal["lines"][number]) {
  const { number, at, action, id, version, hash, until = null, reason, actor = null } = line;
  const { isolate = null } = line;
  const isGrant = action === "trust";
  return {
    line: number,
    at,
    action,
    id,
    reason,
    until,
    isolate,
    actor,
    version: isGrant ? version : null,
    distribution_hash: isGrant ? hash : null,
  };
}
