/** Trusts a plugin, or takes the trust back. */

import { GlassineError } from "../../../core/errors/index.ts";
import { byUnits } from "../../../core/plugins/index.ts";
import {
  loadStage,
  procedureKind,
  type ReadDiscoverOptions,
  type Refused,
  type StaticPlugin,
} from "../../discovery/index.ts";
import { findPackages, memberText } from "../../packages/index.ts";
import {
  checkReason,
  type TrustedPlugin as Granted,
  type LockEntry,
  revokePlugins,
  trustPlugins,
} from "../../trust/index.ts";
import { responseTo } from "../print/next-steps.ts";
import type { LockedFacts, LockFacts, TrustedPlugin, TrustRefusal } from "../reports.ts";
import type { CommandScope } from "../scope.ts";
import { texts } from "../texts.ts";
import {
  expectOwnLock,
  newLockWarnings,
  optionsFor,
  type Surveyed,
  staticRequest,
  surveyFor,
} from "./discover.ts";
import { factsOfLock, lockedFacts, unhashableCodes } from "./facts.ts";

/**
 * Refusals that do not prevent trust: the policy of signatures applies at every start, and may be
 * another one there. An invalid signature is not among them: it speaks against the files.
 */
const policyCodes: readonly string[] = [
  "unsigned",
  "signature_unchecked",
  "untrusted_identity",
  "ack_missing",
];

interface TrustRequest extends CommandScope {
  readonly id: string;
  readonly reason: string | undefined;
  /** The last day of the trust; `undefined` for no end. */
  readonly until: string | undefined;
  /** Also loads the plugin, and refuses one that cannot be loaded. */
  readonly check: boolean;
  /** Whether a production host may start where it is not installed. */
  readonly optional: boolean;
}

/** A change of trust, or why there is none. */
type Change<Done, Refusal> = { readonly change: Done } | { readonly refusal: Refusal };

export interface TrustChange extends TrustedPlugin {
  readonly lock: LockFacts;
  readonly journal: string;
  readonly warnings: readonly string[];
}

interface UntrustChange extends Pick<TrustChange, "id" | "lock" | "journal" | "warnings"> {
  readonly previous: LockedFacts;
}

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
export function limitWarnings(
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
    signer: signer ?? kept.signer,
    until: kept.until,
    optional: kept.optional,
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

interface UntrustRefusal {
  readonly lock: string;
  readonly locked: readonly string[];
}

export async function untrust(
  request: Pick<TrustRequest, "id" | "reason"> & CommandScope,
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
    return { refusal: { lock: lockPath, locked: [...locked].sort(byUnits) } };
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
