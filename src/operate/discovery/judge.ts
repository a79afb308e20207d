/** Which plugins may be loaded, by all that can be known of them without running anything. */
import { realpath } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { reservedNames } from "../../core/plugins/index.ts";
import type {
  InstalledPackage,
  PackageClosure,
  PackageEntry,
  PackageHash,
  Rejection,
  RejectionCode,
} from "../packages/index.ts";
import { type Drift, decideTrust, type Evidence, printable } from "../trust/index.ts";
import type { ReadDiscoverOptions } from "./static-options.ts";
import type { PluginTrust, StaticPlugin } from "./types.ts";

/** What is known of a package, and whether anything is wrong with all of it. */
export interface Surveyed {
  readonly package: InstalledPackage;
  readonly isBuiltin: boolean;
  readonly isLocal: boolean;
  readonly hash: PackageHash | undefined;
  readonly closure: PackageClosure | undefined;
  /** `undefined` where nobody asks: local and built-in ones, and those without a hash. */
  readonly evidence: Evidence | undefined;
  readonly fault: { readonly code: RejectionCode; readonly reason: string } | undefined;
}

/** One entry point, of any kind, and what is known of its package. */
export interface Entry {
  readonly entry: PackageEntry;
  readonly survey: Surveyed;
}

/** What keeps one plugin from being loaded. */
export interface Fault extends Pick<Rejection, "code" | "reason" | "cause"> {
  /** The sentence of a host that does not start, where it has one of its own. */
  readonly message?: string;
}

/** A plugin, and why it must not be loaded; `undefined` where it may. */
export interface Judged {
  readonly source: StaticPlugin;
  readonly fault: Fault | undefined;
}

interface Gates {
  readonly options: ReadDiscoverOptions;
  readonly drift: readonly Drift[];
}

/** One gate for plugins of every kind. A package of which one plugin is refused is refused whole. */
export async function judge(entries: readonly Entry[], gates: Gates): Promise<readonly Judged[]> {
  const { options } = gates;
  const clashes = clashesIn(entries, options.reserved);
  const judged: Judged[] = [];
  for (const { entry, survey: of } of entries) {
    const { package: found, isBuiltin, isLocal, hash, closure } = of;
    const plugin = { entry, package: found, isBuiltin, isLocal, hash, closure, trust: undefined };
    const early = clashes.get(entry) ?? of.fault ?? (await entryFault(entry, of));
    if (early !== undefined) {
      judged.push({ source: { ...plugin, signer: undefined }, fault: early });
      continue;
    }
    const signed = signingOf(entry, of.evidence, options);
    const fault = signed.fault ?? lockRefusal({ entry, survey: of }, gates);
    const trust = fault === undefined ? signed.trust : undefined;
    judged.push({ source: { ...plugin, trust, signer: signed.signer }, fault });
  }
  return judged.map((each) => ({ ...each, fault: each.fault ?? siblingFault(each, judged) }));
}

/** By entry. Of two claimants none is loaded; a built-in is never displaced. */
function clashesIn(
  claims: readonly Entry[],
  reserved: readonly string[],
): ReadonlyMap<PackageEntry, Fault> {
  const clashes = new Map<PackageEntry, Fault>();
  const own = new Set(claims.filter(({ survey }) => survey.isBuiltin).map(({ entry }) => entry.id));
  const others = claims.filter(({ survey }) => !survey.isBuiltin);
  for (const { entry } of others) {
    const prefix = reserved.find((each) => entry.id.startsWith(each));
    if (entry.kind === "hooks" && reservedNames.includes(entry.id))
      clashes.set(entry, { code: "reserved_id", reason: "no plugin can have this name" });
    else if (own.has(entry.id))
      clashes.set(entry, { code: "reserved_id", reason: "the id is that of a built-in plugin" });
    else if (prefix !== undefined)
      clashes.set(entry, {
        code: "reserved_id",
        reason: `ids that begin with '${prefix}' are the host's own`,
      });
    else if (others.some((other) => other.entry !== entry && other.entry.id === entry.id))
      clashes.set(entry, {
        code: "duplicate_id",
        reason: `duplicate plugin id (entry point ${entry.entryPoint})`,
        message: duplicateText(others.filter((other) => other.entry.id === entry.id)),
      });
  }
  return clashes;
}

/** The same for each of the claimants. Packages can have entry points of one name. */
function duplicateText(claims: readonly Entry[]): string {
  const points = claims.map(({ entry, survey }) => `'${survey.package.name}/${entry.entryPoint}'`);
  return `duplicate plugin name '${claims[0]?.entry.id ?? ""}' discovered from entry points ${points.join(" and ")}`;
}

async function entryFault(
  entry: PackageEntry,
  { package: found, hash }: Surveyed,
): Promise<Fault | undefined> {
  if (hash === undefined || hash.files.has(await realFile(found, entry))) return undefined;
  return { code: "invalid_entry_point", reason: "its file is not part of what is hashed" };
}

/** The file that an entry point leads to, from the root of the package. */
async function realFile({ path }: InstalledPackage, { file }: PackageEntry): Promise<string> {
  const real = await realpath(join(path, ...file.split("/")));
  return relative(path, real).split(sep).join("/");
}

interface Signing {
  readonly signer: string | undefined;
  readonly trust?: PluginTrust;
  readonly fault?: Fault;
}

/** Nobody is asked of the host's own packages and of local ones. */
function signingOf(
  { id }: PackageEntry,
  evidence: Evidence | undefined,
  { settings, surface }: ReadDiscoverOptions,
): Signing {
  if (evidence === undefined) return { signer: undefined };
  const { profile } = surface;
  const decided = decideTrust({ plugin: id, evidence, settings, profile });
  if (!decided.accepted) {
    const { accepted: _, ...why } = decided;
    return { signer: signerIn(evidence), fault: { ...why, reason: why.message } };
  }
  const { decision, reason, signedBy } = decided;
  return { signer: signedBy, trust: { decision, reason, signedBy } };
}

/** Whom a signature proves, be it trusted or not. A name that is only claimed is nobody's. */
export function signerIn(evidence: Evidence | undefined): string | undefined {
  if (evidence?.kind === "unsigned") return evidence.kind;
  return evidence?.kind === "verified" ? evidence.identity : undefined;
}

/**
 * Of several differences the one that says most. Another package, version or entry point comes with
 * other files: that these differ is told where nothing else does.
 */
const weight: readonly Drift["kind"][] = [
  ...(["missing_from_lock", "package_mismatch", "version_mismatch"] as const),
  ...(["entry_point_mismatch", "capabilities_mismatch", "hooks_mismatch"] as const),
  ...(["hash_mismatch", "dependency_mismatch", "signer_mismatch", "trust_expired"] as const),
];

/** Why a plugin is not loaded, or `undefined` where the lockfile has nothing against it. */
function lockRefusal(
  { entry, survey: { package: of, isBuiltin, isLocal } }: Entry,
  { options: { mode, lock, lockFault }, drift }: Gates,
): Fault | undefined {
  if (mode !== "production" || isBuiltin || isLocal) return undefined;
  if (of.isLinked)
    return {
      code: "linked_package",
      reason: `it is a link to ${printable(of.path)}, not an installed package`,
    };
  if (lock === undefined && lockFault !== undefined)
    return { code: "lock_missing", reason: "plugins.lock cannot be read" };
  if (lock === undefined)
    return { code: "lock_missing", reason: "production mode requires a plugins.lock" };
  const found = drift.filter((each) => each.id === entry.id && each.blocking);
  const [blocking] = found.toSorted((a, b) => weight.indexOf(a.kind) - weight.indexOf(b.kind));
  if (blocking === undefined) return undefined;
  const { kind, expected, actual } = blocking;
  if (kind === "missing_from_lock")
    return { code: kind, reason: `${actual ?? of.name} has no entry in plugins.lock` };
  return {
    code: kind as RejectionCode,
    reason: `expected ${shown(expected)}, actual ${shown(actual)}`,
  };
}

function shown(value: string | undefined): string {
  return value === undefined ? "None" : `'${value}'`;
}

function siblingFault(
  { source: { package: found } }: Judged,
  judged: readonly Judged[],
): Fault | undefined {
  const { refusedEntry } = found;
  const sibling = judged.find(({ source, fault }) => source.package === found && fault);
  if (sibling?.fault !== undefined)
    return siblingRejected(sibling.source.entry.id, sibling.fault.code);
  return refusedEntry && siblingRejected(refusedEntry.id, refusedEntry.code);
}

/** What is wrong with one plugin of a package is wrong with the package. */
export function siblingRejected(id: string, code: RejectionCode): Omit<Fault, "message"> {
  return { code: "sibling_rejected", reason: `'${id}' of the same package is refused: ${code}` };
}
