/** Trusts a plugin, or revokes its trust. */
import { closest, GlassineError } from "../../../core/errors/index.ts";
import { byUnits, endIsolated } from "../../../core/plugins/index.ts";
import {
  hookPlugins,
  isolationFault,
  loadStage,
  partlyIsolated,
  procedureKind,
  type ReadDiscoverOptions,
  type Refused,
  readIsolations,
  type StaticPlugin,
} from "../../discovery/index.ts";
import type { Isolation, Opening } from "../../isolate/index.ts";
import { loadQuickJs } from "../../isolate/quickjs/library.ts";
import { defaultId, findPackages, memberText, rejectionCodes } from "../../packages/index.ts";
import {
  checkReason,
  describeText,
  endingSoon,
  type TrustedPlugin as Granted,
  invalidSignature,
  isSignatureCode,
  type LockEntry,
  type Lockfile,
  revokePlugins,
  trustFrom,
} from "../../trust/index.ts";
import type { CommandScope } from "../command-host.ts";
import type { TrustedPlugin } from "../documents.ts";
import { type CommandFailure, noLockfile, refusal } from "../failure.ts";
import { responseTo } from "../print/next-steps.ts";
import { listed, printable, singleQuoted } from "../print/printable.ts";
import { reasonOf, texts } from "../texts.ts";
import {
  expectOwnLock,
  filesOnlyRequest,
  newLockWarnings,
  readCommandOptions,
  type Surveyed,
  surveyPackages,
} from "./discover.ts";
import { factsOfLock, lockedFacts, unhashableCodes } from "./facts.ts";

/**
 * Whether trust is possible despite this refusal: the signature policy applies at every start, and
 * may differ there.
 */
function isPolicy(code: string): boolean {
  return isSignatureCode(code) && code !== "signature_invalid";
}

/** An invalid signature prevents trust whatever the policy: it speaks against the files. */
export function signatureFault({ entry, package: of, evidence }: StaticPlugin) {
  if (evidence?.kind !== "invalid") return undefined;
  const reason = invalidSignature(entry.id, evidence.detail);
  return { code: "signature_invalid" as const, reason, package: of.name };
}

interface TrustRequest extends CommandScope {
  readonly id: string;
  readonly reason: string | undefined;
  /** The last day of the trust; `undefined` for no end. */
  readonly until: string | undefined;
  /** Whether to load the plugin too, and refuse it if that fails. */
  readonly check: boolean;
  /** Whether a production host may start if it is not installed; false keeps what its entry says. */
  readonly optional: boolean;
  /** Where its code is to run; `undefined` keeps what its entry says. */
  readonly isolate: Isolation | "host" | undefined;
  /** Only with `isolate`. */
  readonly accept: readonly Opening[];
}

export type TrustChange = Awaited<ReturnType<typeof trust>>;

/**
 * @throws GlassineError what `trustPlugins` throws
 * @throws CommandFailure the plugin cannot be trusted
 */
export async function trust(request: TrustRequest) {
  const { id, reason, until, optional, audit } = request;
  checkReason(reason, "trust");
  const surveyed = await surveyPackages(filesOnlyRequest(request));
  expectOwnLock(surveyed.options, "trust");
  const source = trustableIn(surveyed, request);
  const keptFrom = ({ entries }: Pick<Lockfile, "entries">) => {
    const before = entries.find((each) => each.id === id);
    const place = placeOf(request, before);
    expectFit(source, place, surveyed);
    return { ...place, signer: before?.signer, optional: optional || before?.optional };
  };
  const keptNow = keptFrom(surveyed.report.lock ?? { entries: [] });
  const requested = request.check ? await requestedBy(source, keptNow, surveyed, request) : {};
  const entryIn = (now: Lockfile) => entryOf(source, { ...requested, ...keptFrom(now), until });
  const { plugins, lock, journal, warnings } = await trustFrom(
    surveyed.options.lockPath,
    (now) => [entryIn(now)],
    reason,
    { audit },
  );
  const [granted] = plugins as readonly [Granted];
  const ofPlace = await newLockWarnings(request, surveyed.options);
  const partly = (isIsolated: (id: string) => boolean) =>
    partlyIsolated([source], isIsolated).map(printable);
  // What this change has replaced.
  const ended = endingSoon(
    plugins.flatMap(({ previous }) => previous ?? []),
    new Date(),
  );
  const outdated = [...ended, ...partly((each) => surveyed.options.isolated.has(each))];
  const isolated = new Set(lock.entries.filter((each) => each.isolate).map((each) => each.id));
  const found = [...new Set([...surveyed.report.warnings, ...ofPlace])];
  const ofEntry = await entryWarnings(granted.entry, source, surveyed);
  return {
    ...trusted(granted),
    lock: factsOfLock(lock),
    journal_path: journal,
    warnings: [
      ...found.filter((text) => !outdated.includes(text)),
      ...partly((each) => isolated.has(each)),
      ...policyWarnings(id, surveyed),
      ...ofEntry,
      ...warnings,
    ],
  };
}

type Place = Pick<LockEntry, "isolate" | "accept">;

/** Where its code runs. Trusting an upgrade without saying where keeps the previous place. */
function placeOf({ isolate, accept }: TrustRequest, before: LockEntry | undefined): Place {
  if (isolate === undefined) return { isolate: before?.isolate, accept: before?.accept };
  return isolate === "host" ? {} : { isolate, accept };
}

/**
 * @throws GlassineError `trust_refused`: the plugin cannot be isolated. It is an error of this type
 *   because `changeLock` can add to it what became of an unfinished change.
 */
function expectFit(source: StaticPlugin, { isolate }: Place, { options }: Surveyed): void {
  const fault = isolate === undefined ? undefined : isolationFault(source, options);
  if (fault === undefined) return;
  const { id } = source.entry;
  const text = `plugin ${singleQuoted(id)} cannot be isolated: ${fault}; give --isolate host`;
  throw new GlassineError("trust_refused", text, { id });
}

/** Warns if the signature policy still refuses the plugin: only its files are trusted. */
function policyWarnings(id: string, { report }: Surveyed): readonly string[] {
  return report.refused
    .filter((each) => each.id === id && isPolicy(each.code))
    .map(({ code, reason }) => texts.policyRefuses(id, code, reason));
}

/** What an operator should know of an entry that was just written. */
export async function entryWarnings(
  entry: LockEntry,
  source: StaticPlugin,
  { options }: Surveyed,
): Promise<readonly string[]> {
  const { id, signer, isolate } = entry;
  const warnings = [...limitWarnings(entry, source, options)];
  if (source.signer === undefined && signer !== undefined)
    warnings.unshift(texts.signerKept(id, signer));
  // This installation may lack the engine.
  if (isolate === "quickjs")
    await loadQuickJs().catch((error: unknown) =>
      warnings.push(texts.cannotIsolate(id, isolate, describeText(error))),
    );
  return warnings;
}

/**
 * Warns if neither package nor entry limits what the code may ask for at later starts, and of
 * misspelt names, which grant nothing.
 */
function limitWarnings(
  { id, capabilities, hooks }: LockEntry,
  { entry }: StaticPlugin,
  { surface }: Pick<ReadDiscoverOptions, "surface">,
): readonly string[] {
  const isHooks = entry.kind === "hooks";
  // Other kinds of plugins are limited by their hosts.
  if (!isHooks && entry.kind !== procedureKind.name) return [];
  const unlimited = [
    ...(capabilities === undefined ? ["capabilities"] : []),
    ...(hooks === undefined && isHooks ? ["hooks"] : []),
  ];
  const known = [...surface.slots.capabilities.names, ...Object.keys(surface.services)];
  const misspelt = (capabilities ?? [])
    .filter((name) => !known.includes(name))
    .flatMap((name) => {
      // Any other unknown name may be one of another host.
      const meant = closest(name, known);
      return meant === undefined ? [] : [texts.misspelt(id, name, meant)];
    });
  return [...(unlimited.length === 0 ? [] : [texts.noLimit(id, unlimited)]), ...misspelt];
}

/** @throws CommandFailure the plugin cannot be trusted */
function trustableIn({ report }: Surveyed, request: TrustRequest): StaticPlugin {
  const { id } = request;
  const source = report.found.find(({ entry }) => entry.id === id);
  const ofId = report.refused.find((each) => each.id === id && !isPolicy(each.code));
  // If package.json is invalid, its ids are not known.
  const ofName = report.refused.find(
    (each) => each.id === undefined && defaultId(each.package) === id,
  );
  const refused = source === undefined ? (ofId ?? ofName) : ofId;
  if (source?.isLocal === true || source?.package.isLinked === true) {
    const { todo } = rejectionCodes.linked_package;
    throw notTrusted(id, "is not an installed package and cannot be trusted", [todo]);
  }
  const fault = refused ?? (source && signatureFault(source));
  if (fault?.code === "duplicate_id") {
    const claims = report.refused.filter((each) => each.id === id);
    const names = listed(claims.map((each) => each.package).sort(byUnits), "");
    throw rejectedBy(request, { ...fault, reason: `${fault.reason} of ${names}` });
  }
  if (fault !== undefined) throw rejectedBy(request, fault);
  if (source !== undefined) return source;
  const ids = report.found.filter(({ isLocal }) => !isLocal).map(({ entry }) => entry.id);
  const available = listed([...new Set(ids)].sort(byUnits), "<none>");
  const why = `not found among installed plugins. Available: ${available}`;
  const named = report.found.filter((each) => each.package.name === id && !each.isLocal);
  throw notTrusted(id, why, [
    ...named.map(({ entry }) => texts.packageName(id, entry.id)),
    ...texts.unreadFolders(report.unreadable),
  ]);
}

function notTrusted(id: string, why: string, more: readonly string[] = []): CommandFailure {
  return refusal("trust_refused", `trust: plugin ${singleQuoted(id)} ${why}`, more);
}

function rejectedBy(
  request: TrustRequest,
  refused: Pick<Refused, "code" | "reason" | "package">,
): CommandFailure {
  const { code, reason } = refused;
  const todo = responseTo(code, reason, request);
  const more = todo === undefined ? [] : [todo];
  if (unhashableCodes.includes(code)) {
    const text = `trust: cannot hash package ${singleQuoted(refused.package)}: ${printable(reason)}`;
    return refusal("package_refused", text, more);
  }
  return notTrusted(request.id, `is rejected: ${reasonOf(code, reason)}`, more);
}

/** Loads the plugin to find out from its code what it asks for. */
async function requestedBy(
  source: StaticPlugin,
  { isolate, accept }: Place,
  { options, report }: Surveyed,
  request: TrustRequest,
): Promise<Pick<LockEntry, "capabilities" | "hooks">> {
  const alone = report.accepted.filter((each) => each === source);
  const { id } = source.entry;
  const isolated = readIsolations(options.isolationSettings, [{ id, isolate, accept }]);
  const how = { ...options, isolated };
  const { loaded, refused } = await loadStage(how, { ...report, accepted: alone });
  await endIsolated(hookPlugins(loaded));
  const [one] = loaded;
  if (one?.loaded.kind === "hooks") {
    const { capabilities, hooks } = one.loaded.plugin;
    return { capabilities, hooks };
  }
  if (one !== undefined) return { capabilities: one.loaded.procedure?.requiredCapabilities };
  throw rejectedBy(request, refused.find((each) => each.id === id) as Refused);
}

/** What package.json asks for, which every start compares, takes precedence over `kept`. */
export function entryOf(
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
    // It is unknown only for a package with a signature, which is no longer unsigned.
    signer: signer ?? (kept.signer === "unsigned" ? undefined : kept.signer),
    until: kept.until,
    optional: kept.optional,
    isolate: kept.isolate,
    accept: kept.accept,
    dependencies: closure?.members.map(memberText),
  };
}

export function trusted({ entry, previous }: Granted): TrustedPlugin {
  return {
    id: entry.id,
    ...lockedFacts(entry),
    previous: previous === undefined ? null : lockedFacts(previous),
  };
}

/** @throws GlassineError what `revokePlugins` throws */
export async function untrust(request: Pick<TrustRequest, "id" | "reason"> & CommandScope) {
  const { id, reason, audit } = request;
  checkReason(reason, "untrust");
  const options = await readCommandOptions(filesOnlyRequest(request));
  if (options.lock === undefined) throw noLockfile("untrust", options.otherLock);
  const ofPlace = await installedWarnings(id, options);
  const done = await revokePlugins(options.lockPath, [id], reason, { audit });
  return {
    id,
    previous: lockedFacts(done.plugins[0] as LockEntry),
    lock: factsOfLock(done.lock),
    journal_path: done.journal,
    warnings: [...ofPlace, ...done.warnings],
  };
}

/** Warns if it is still installed: production refuses installed plugins that have no entry. */
async function installedWarnings(
  id: string,
  { root, kinds, builtins, surface, bin }: ReadDiscoverOptions,
): Promise<readonly string[]> {
  const field = surface.profile.hostName;
  const commands = ["glassine", field, bin];
  const { packages } = await findPackages({ root, field, kinds, commands, own: builtins });
  return packages
    .filter(
      ({ path, entries }) => !builtins.includes(path) && entries.some((each) => each.id === id),
    )
    .map(({ foundAt }) => texts.stillInstalled(id, foundAt));
}
