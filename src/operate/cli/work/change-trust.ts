/** Commands that change what is trusted. */

import { GlassineError } from "../../../core/errors/index.ts";
import { byUnits } from "../../../core/plugins/index.ts";
import {
  loadStage,
  procedureKind,
  type ReadDiscoverOptions,
  type Refused,
  type StaticPlugin,
} from "../../discovery/index.ts";
import { findPackages, memberText, rejectionCodes } from "../../packages/index.ts";
import {
  checkReason,
  createLock,
  type TrustedPlugin as Granted,
  type LockEntry,
  revokePlugins,
  sameEntry,
  settleLock,
  trustPlugins,
} from "../../trust/index.ts";
import type {
  Change,
  LockChange,
  TrustChange,
  TrustedPlugin,
  TrustRefusal,
  UntrustChange,
  UntrustRefusal,
} from "../reports.ts";
import { responseTo } from "../responses.ts";
import type { LockRequest, TrustRequest, UntrustRequest } from "../services.ts";
import { texts } from "../texts.ts";
import { optionsFor, type Surveyed, staticRequest, surveyFor } from "./discover.ts";
import { factsOfLock, lockedFacts, unhashableCodes } from "./facts.ts";
import { expectNamedLock, expectOwnLock, newLockWarnings } from "./lock-place.ts";

/**
 * What the lockfile has no say in: the policy of signatures is asked at every start, and may be
 * another one there. A signature that is invalid is none of them: it speaks against the files.
 */
const policyCodes: readonly string[] = [
  "unsigned",
  "signature_unchecked",
  "untrusted_identity",
  "ack_missing",
];

export async function trust(request: TrustRequest): Promise<Change<TrustChange, TrustRefusal>> {
  checkReason(request.reason, "trust");
  const surveyed = await surveyFor(staticRequest(request));
  await expectOwnLock(request, surveyed.options.lockPath, "trust");
  const { id } = request;
  const source = surveyed.report.found.find(({ entry }) => entry.id === id);
  const refusal = refusalOf(id, source, surveyed);
  if (refusal !== undefined || source === undefined)
    return { refusal: refusal ?? { kind: "not_found", available: availableIn(surveyed) } };
  const asked = request.check ? await askedBy(source, surveyed) : {};
  if ("refusal" in asked) return asked;
  const { until, optional } = request;
  const entry = entryOf(source, { ...asked, until, optional });
  const { plugins, lock, journal, warnings } = await trustPlugins(
    surveyed.options.lockPath,
    [entry],
    request.reason as string,
    { audit: request.audit },
  );
  const [granted] = plugins;
  const ofPlace = await newLockWarnings(request, surveyed.options);
  const found = new Set([...surveyed.report.warnings, ...ofPlace]);
  const limits = limitWarnings(entry, source);
  const allWarnings = [...found, ...policyWarnings(id, surveyed), ...limits, ...warnings];
  return {
    change: {
      ...trusted(granted as Granted),
      lock: factsOfLock(lock),
      journal,
      warnings: allWarnings,
    },
  };
}

/** Trust in the files is not yet trust in their signer. */
function policyWarnings(id: string, { report }: Surveyed): readonly string[] {
  return report.refused
    .filter((each) => each.id === id && policyCodes.includes(each.code))
    .map(({ code, reason }) => texts.policyRefuses(id, code, reason));
}

/** What neither package nor entry lists, every later start lets the code ask for. */
function limitWarnings(
  { id, capabilities, hooks }: LockEntry,
  { entry }: StaticPlugin,
): readonly string[] {
  const isHooks = entry.kind === "hooks";
  // What plugins of another kind may ask for is for their hosts to say.
  if (!isHooks && entry.kind !== procedureKind.name) return [];
  const unlimited = [
    ...(capabilities === undefined ? ["capabilities"] : []),
    ...(hooks === undefined && isHooks ? ["hooks"] : []),
  ];
  return unlimited.length === 0 ? [] : [texts.noLimit(id, unlimited)];
}

function availableIn({ report }: Surveyed): readonly string[] {
  const ids = report.found.filter(({ isLocal }) => !isLocal).map(({ entry }) => entry.id);
  return [...new Set(ids)].sort(byUnits);
}

function refusalOf(
  id: string,
  source: StaticPlugin | undefined,
  { report }: Surveyed,
): TrustRefusal | undefined {
  const refused = report.refused.find((each) => each.id === id && !policyCodes.includes(each.code));
  if (source === undefined && refused === undefined) return undefined;
  if (source?.isLocal === true || source?.package.isLinked === true)
    return { kind: "not_installed" };
  if (refused === undefined) return undefined;
  const { code, reason } = refused;
  if (unhashableCodes.includes(code))
    return { kind: "unhashable", package: refused.package, detail: reason };
  const response =
    code === "signature_invalid" ? responseTo(refused, { lock_fault: null }) : undefined;
  return { kind: "rejected", code, detail: reason, response };
}

/** Loads the plugin, so that what it asks for is known from itself. */
async function askedBy(
  source: StaticPlugin,
  { options, report }: Surveyed,
): Promise<{ readonly refusal: TrustRefusal } | Pick<LockEntry, "capabilities" | "hooks">> {
  const alone = report.accepted.filter((each) => each === source);
  const { loaded, refused } = await loadStage(options, { ...report, accepted: alone });
  const [one] = loaded;
  if (one?.loaded.kind === "hooks") {
    const { capabilities, hooks } = one.loaded.plugin;
    return { capabilities, hooks };
  }
  if (one !== undefined) return { capabilities: one.loaded.procedure?.requiredCapabilities };
  const fault = refused.find(({ id }) => id === source.entry.id) as Refused;
  return { refusal: { kind: "rejected", code: fault.code, detail: fault.reason } };
}

/** Where package.json says what it asks for, that is what every start compares; else `kept` says. */
function entryOf(
  { entry, package: found, hash, closure, signer }: StaticPlugin,
  kept: Partial<LockEntry> = {},
): LockEntry {
  return {
    id: entry.id,
    package: found.name,
    version: found.version,
    entryPoint: entry.entryPoint,
    hash: hash?.hash ?? "",
    capabilities: found.capabilities ?? kept.capabilities,
    hooks: found.hooks ?? kept.hooks,
    signer: signer ?? kept.signer,
    until: kept.until,
    optional: kept.optional,
    dependencies: closure?.members.map(memberText),
  };
}

function trusted({ entry, previous }: Granted): TrustedPlugin {
  return {
    id: entry.id,
    ...lockedFacts(entry),
    previous: previous === undefined ? null : lockedFacts(previous),
  };
}

export async function untrust(
  request: UntrustRequest,
): Promise<Change<UntrustChange, UntrustRefusal>> {
  checkReason(request.reason, "untrust");
  const options = await optionsFor(staticRequest(request));
  const { lockPath } = options;
  const ofPlace = await installedWarnings(request.id, options);
  try {
    const { audit } = request;
    const done = await revokePlugins(lockPath, [request.id], request.reason as string, { audit });
    const [entry] = done.plugins;
    const previous = lockedFacts(entry as LockEntry);
    const { lock, journal } = done;
    const warnings = [...ofPlace, ...done.warnings];
    return { change: { id: request.id, previous, lock: factsOfLock(lock), journal, warnings } };
  } catch (error) {
    if (!(error instanceof GlassineError) || error.code !== "trust_refused") throw error;
    const { locked = [] } = error.data as { readonly locked?: readonly string[] };
    return { refusal: { kind: "not_locked", lock: lockPath, locked: [...locked].sort(byUnits) } };
  }
}

/** What is not trusted is to go: production refuses what is installed without an entry. */
async function installedWarnings(
  id: string,
  { root, kinds, builtins, surface }: ReadDiscoverOptions,
): Promise<readonly string[]> {
  const field = surface.profile.hostName;
  const { packages } = await findPackages({ root, field, kinds, own: builtins });
  return packages
    .filter(
      ({ path, entries }) => !builtins.includes(path) && entries.some((each) => each.id === id),
    )
    .map(({ foundAt }) => texts.stillInstalled(id, foundAt));
}

export async function lock(request: LockRequest): Promise<LockChange> {
  const { action, reason } = request;
  if (action === "all" || action === "prune") checkReason(reason, "lock");
  const options = await optionsFor(staticRequest(request));
  const { lockPath, lock: present, warnings } = options;
  if (action !== "check") await expectOwnLock(request, lockPath, "lock");
  if (action === "prune") expectNamedLock(request, lockPath);
  const nothing = {
    lock: factsOfLock(present ?? { path: lockPath, entries: [] }),
    journal: null,
    created: false,
    trusted: [],
    removed: [],
    skipped: [],
    warnings,
  };
  if (present === undefined && action !== "create" && action !== "all")
    throw new GlassineError("lockfile_missing", "there is no plugins.lock");
  if (action === "check") return nothing;
  const ofPlace = (await newLockWarnings(request, options)).filter(
    (each) => !warnings.includes(each),
  );
  if (action === "create") {
    const { lock: made, isCreated, warnings: settled } = await createLock(lockPath);
    const allWarnings = [...warnings, ...ofPlace, ...settled];
    return { ...nothing, lock: factsOfLock(made), created: isCreated, warnings: allWarnings };
  }
  const surveyed = await surveyFor(staticRequest(request));
  const yet = { ...nothing, warnings: [...surveyed.report.warnings, ...ofPlace] };
  return action === "all"
    ? await lockAll(surveyed, request, yet)
    : await prune(surveyed, request, yet);
}

async function lockAll(
  { report, options }: Surveyed,
  { reason, audit }: LockRequest,
  nothing: LockChange,
): Promise<LockChange> {
  const skipped = report.refused.map(({ id, package: name, code, reason: why }) => ({
    id: id ?? name,
    code,
    reason: why,
  }));
  const linked = report.accepted.filter((each) => each.package.isLinked || each.isLocal);
  skipped.push(
    ...linked.map(({ entry }) => ({
      id: entry.id,
      code: "linked_package" as const,
      reason: "it is not an installed package",
    })),
  );
  // Who ended trust at a day wants it looked at again.
  const ended = new Set(
    report.drift.filter(({ kind }) => kind === "trust_expired").map(({ id }) => id),
  );
  const good = report.accepted.filter(
    (each) => !linked.includes(each) && !each.isBuiltin && !ended.has(each.entry.id),
  );
  skipped.push(
    ...[...ended].map((id) => ({
      id,
      code: "trust_expired" as const,
      reason: rejectionCodes.trust_expired.means,
    })),
  );
  skipped.sort((a, b) => byUnits(a.id, b.id));
  const now = good.map((each) => entryOf(each, lockedAs(each.entry.id, report)));
  const changed = now.filter((entry) => !sameEntry(entry, lockedAs(entry.id, report)));
  if (changed.length === 0) return { ...(await settled(nothing)), skipped };
  const how = { command: "lock", audit } as const;
  const done = await trustPlugins(options.lockPath, changed, reason as string, how);
  const limits = good.flatMap((each) => {
    const entry = changed.find(({ id }) => id === each.entry.id);
    return entry === undefined ? [] : limitWarnings(entry, each);
  });
  return {
    ...nothing,
    lock: factsOfLock(done.lock),
    journal: done.journal,
    created: report.lock === undefined,
    trusted: done.plugins.map(trusted),
    skipped,
    warnings: [...nothing.warnings, ...limits, ...done.warnings],
  };
}

function lockedAs(id: string, { lock }: Surveyed["report"]): LockEntry | undefined {
  return lock?.entries.find((each) => each.id === id);
}

/** Where there is nothing to change, what an earlier change left is ended all the same. */
async function settled(nothing: LockChange): Promise<LockChange> {
  const { warnings } = await settleLock(nothing.lock.path);
  return { ...nothing, warnings: [...nothing.warnings, ...warnings] };
}

async function prune(
  { report, options }: Surveyed,
  { reason, audit }: LockRequest,
  nothing: LockChange,
): Promise<LockChange> {
  const gone = report.drift.filter(({ kind }) => kind === "missing_from_install");
  // An optional entry is for a host where the plugin is installed.
  const kept = gone.filter(({ blocking }) => !blocking).map(({ id }) => texts.keptOptional(id));
  const yet = { ...nothing, warnings: [...nothing.warnings, ...kept] };
  const ids = gone.filter(({ blocking }) => blocking).map(({ id }) => id);
  if (ids.length === 0) return await settled(yet);
  if (report.unreadable.length > 0)
    throw new GlassineError("trust_refused", texts.pruneUnread(report.unreadable));
  const how = { command: "lock", audit } as const;
  const done = await revokePlugins(options.lockPath, ids, reason as string, how);
  return {
    ...yet,
    lock: factsOfLock(done.lock),
    journal: done.journal,
    removed: done.plugins.map(({ id }) => ({ id })),
    warnings: [...yet.warnings, ...done.warnings],
  };
}
