/** Creates a lockfile, trusts every acceptable plugin, or removes entries that have no package. */
import { GlassineError } from "../../../core/errors/index.ts";
import { byUnits } from "../../../core/plugins/index.ts";
import type { StaticPlugin } from "../../discovery/index.ts";
import { hasModules, rejectionCodes } from "../../packages/index.ts";
import {
  checkReason,
  createLock,
  type LockEntry,
  type Lockfile,
  revokeFrom,
  sameEntry,
  settleLock,
  trustFrom,
} from "../../trust/index.ts";
import type { CommandScope } from "../command-host.ts";
import type { LockFacts, TrustedPlugin } from "../documents.ts";
import { noLockfile } from "../failure.ts";
import { texts } from "../texts.ts";
import { entryOf, entryWarnings, signatureFault, trusted } from "./change-trust.ts";
import {
  expectNamedLock,
  expectOwnLock,
  filesOnlyRequest,
  newLockWarnings,
  readCommandOptions,
  type Surveyed,
  surveyPackages,
} from "./discover.ts";
import { factsOfLock } from "./facts.ts";

export interface LockRequest extends CommandScope {
  /** `create` if there is none, trust `all`, `prune` what is gone, `check` that it can be read. */
  readonly action: "create" | "all" | "prune" | "check";
  readonly reason: string | undefined;
}

export interface LockChange {
  readonly lock: LockFacts;
  /** Null if nothing was recorded. */
  readonly journal_path: string | null;
  readonly created: boolean;
  /** Sorted by id. */
  readonly trusted: readonly TrustedPlugin[];
  readonly untrusted: readonly { readonly id: string }[];
  readonly skipped: readonly {
    readonly id: string;
    readonly code: string;
    readonly reason: string;
  }[];
  readonly warnings: readonly string[];
}

export async function lock(request: LockRequest): Promise<LockChange> {
  const { action, reason } = request;
  if (action === "all" || action === "prune") checkReason(reason, "lock");
  const options = await readCommandOptions(filesOnlyRequest(request));
  const { lockPath, lock: present, warnings } = options;
  if (action !== "check") expectOwnLock(options, "lock");
  if (action === "prune") expectNamedLock(request, lockPath);
  if (present === undefined && action !== "create" && action !== "all")
    throw noLockfile("lock", options.otherLock);
  const nothing = {
    lock: factsOfLock(present ?? { path: lockPath, entries: [] }),
    journal_path: null,
    created: false,
    trusted: [],
    untrusted: [],
    skipped: [],
    warnings,
  };
  if (action === "check") return nothing;
  const ofPlace = await newLockWarnings(request, options);
  const known = (more: readonly string[]) => [...new Set([...more, ...ofPlace])];
  if (action === "create") {
    const { lock: made, isCreated, warnings: settled } = await createLock(lockPath);
    const all = [...known(warnings), ...settled];
    return { ...nothing, lock: factsOfLock(made), created: isCreated, warnings: all };
  }
  const surveyed = await surveyPackages(filesOnlyRequest(request), options);
  const done = await (action === "all" ? lockAll : prune)(surveyed, request);
  return { ...nothing, ...done, warnings: [...known(surveyed.report.warnings), ...done.warnings] };
}

/** What differs from a run that changes nothing, with further warnings. */
type Done = Partial<LockChange> & Pick<LockChange, "warnings">;

async function lockAll(surveyed: Surveyed, { reason, audit }: LockRequest): Promise<Done> {
  const { report, options } = surveyed;
  const ended = report.drift.filter(({ kind }) => kind === "trust_expired").map(({ id }) => id);
  const guests = (report.lock?.entries ?? []).filter(({ kind }) => kind !== undefined);
  const skip = (id: string, code: string, why: string) => ({ id, code, reason: why });
  // An operator who set an end date wants a new review first.
  const skipEnded = (id: string) => skip(id, "trust_expired", rejectionCodes.trust_expired.means);
  const skipOf = (source: StaticPlugin) => {
    const { id } = source.entry;
    const fault = signatureFault(source);
    if (source.package.isLinked || source.isLocal)
      return skip(id, "linked_package", "it is not an installed package");
    if (fault !== undefined) return skip(id, fault.code, fault.reason);
    if (guests.some((guest) => guest.id === id))
      return skip(id, "duplicate_id", "plugins.lock trusts a guest under this id");
    return ended.includes(id) ? skipEnded(id) : undefined;
  };
  const skipped = [
    ...report.refused.map((each) => skip(each.id ?? each.package, each.code, each.reason)),
    ...report.accepted.flatMap((source) => skipOf(source) ?? []),
    // Of some that ended, no package names the plugin any more.
    ...ended.map(skipEnded),
  ]
    // Each once, with the first reason.
    .filter(({ id }, at, all) => all.findIndex((each) => each.id === id) === at)
    .sort((a, b) => byUnits(a.id, b.id));
  const sources = report.accepted.filter((each) => skipOf(each) === undefined && !each.isBuiltin);
  const changedFrom = ({ entries }: Pick<Lockfile, "entries">) =>
    sources.flatMap((source) => {
      const before = entries.find(({ id }) => id === source.entry.id);
      const entry = entryOf(source, before);
      return sameEntry(entry, before) ? [] : [entry];
    });
  if (changedFrom(report.lock ?? { entries: [] }).length === 0) {
    const { warnings } = await settleLock(options.lockPath);
    return { skipped, warnings };
  }
  const how = { command: "lock", audit } as const;
  const done = await trustFrom(options.lockPath, changedFrom, reason as string, how);
  const ofEntries = await Promise.all(
    done.plugins.flatMap(({ entry }) =>
      sources
        .filter((source) => source.entry.id === entry.id)
        .map((source) => entryWarnings(entry, source, surveyed)),
    ),
  );
  return {
    lock: factsOfLock(done.lock),
    journal_path: done.plugins.length === 0 ? null : done.journal,
    created: done.previous === undefined,
    trusted: done.plugins.map(trusted),
    skipped,
    warnings: [...new Set(ofEntries.flat()), ...done.warnings],
  };
}

async function prune({ report, options }: Surveyed, request: LockRequest): Promise<Done> {
  const { reason, audit, root, lockfile } = request;
  const gone = report.drift.filter(({ kind }) => kind === "missing_from_install");
  // An optional entry may be for another host, where the plugin is installed.
  const kept = gone.filter(({ blocking }) => !blocking).map(({ id }) => texts.keptOptional(id));
  const ids = gone.filter(({ blocking }) => blocking).map(({ id }) => id);
  if (ids.length === 0) {
    const { warnings } = await settleLock(options.lockPath);
    return { warnings: [...kept, ...warnings] };
  }
  if (report.unreadable.length > 0)
    throw new GlassineError("trust_refused", texts.pruneUnread(report.unreadable));
  if (lockfile === undefined && !(await hasModules(root)))
    throw new GlassineError("trust_refused", texts.pruneAll(root));
  const how = { command: "lock", audit } as const;
  // Keep an entry that was trusted again after the survey.
  const isSurveyed = (entry: LockEntry) =>
    report.lock?.entries.some((each) => sameEntry(each, entry)) === true;
  const idsFrom = ({ entries }: Lockfile) =>
    entries.filter((each) => ids.includes(each.id) && isSurveyed(each)).map(({ id }) => id);
  const done = await revokeFrom(options.lockPath, idsFrom, reason as string, how);
  const changed = done.lock.entries.filter(({ id }) => ids.includes(id));
  return {
    lock: factsOfLock(done.lock),
    journal_path: done.plugins.length === 0 ? null : done.journal,
    untrusted: done.plugins.map(({ id }) => ({ id })),
    warnings: [...kept, ...changed.map(({ id }) => texts.keptChanged(id)), ...done.warnings],
  };
}
