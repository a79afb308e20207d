/** Decides which plugins may be loaded, from what is known without running anything. */
import { realpath } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { reservedNames } from "../../core/plugins/index.ts";
import type { PackageEntry, RejectionCode } from "../packages/index.ts";
import { type Drift, decideTrust, type Evidence } from "../trust/index.ts";
import { type Fault, linkedPackage } from "./fault.ts";
import type { ReadDiscoverOptions } from "./static-options.ts";
import type { Candidate, StaticPlugin } from "./types.ts";

/** A plugin, and why it must not be loaded; no fault if it may be. */
export interface Judged {
  readonly source: StaticPlugin;
  readonly fault: Fault | undefined;
}

/** The gate for plugins of every kind. If one plugin of a package is refused, all of them are. */
export async function judge(
  candidates: readonly Candidate[],
  options: ReadDiscoverOptions,
  drift: readonly Drift[],
): Promise<readonly Judged[]> {
  const clashes = clashesIn(candidates, options.reserved);
  const judged: Judged[] = [];
  for (const each of candidates) {
    const early = clashes.get(each.entry) ?? each.packageFault ?? (await entryFault(each));
    const { trust, fault = lockFault(each, options, drift) } =
      early === undefined ? signingOf(each, options) : { fault: early };
    judged.push({ source: { ...each, trust: fault === undefined ? trust : undefined }, fault });
  }
  return judged.map((each) => ({ ...each, fault: each.fault ?? siblingFault(each, judged) }));
}

/** Faults by entry. If packages claim the same id, none is loaded; built-ins always keep theirs. */
function clashesIn(
  candidates: readonly Candidate[],
  reserved: readonly string[],
): ReadonlyMap<PackageEntry, Fault | undefined> {
  const own = new Set(candidates.filter((each) => each.isBuiltin).map(({ entry }) => entry.id));
  const others = candidates.filter((each) => !each.isBuiltin);
  const clashOf = ({ id, kind, entryPoint }: PackageEntry): Fault | undefined => {
    const prefix = reserved.find((each) => id.startsWith(each));
    if (kind === "hooks" && reservedNames.includes(id))
      return { code: "reserved_id", reason: "no plugin can have this name" };
    if (own.has(id)) return { code: "reserved_id", reason: "the id is that of a built-in plugin" };
    if (prefix !== undefined)
      return { code: "reserved_id", reason: `ids that begin with '${prefix}' are the host's own` };
    const claims = others.filter(({ entry }) => entry.id === id);
    if (claims.length === 1) return undefined;
    // The message is the same for each claimant. Entry points of different packages can be equal.
    const points = claims.map((each) => `'${each.package.name}/${each.entry.entryPoint}'`);
    return {
      code: "duplicate_id",
      reason: `duplicate plugin id (entry point ${entryPoint})`,
      message: `duplicate plugin name '${id}' discovered from entry points ${points.join(" and ")}`,
    };
  };
  return new Map(others.map(({ entry }) => [entry, clashOf(entry)]));
}

async function entryFault({ entry, package: found, hash }: Candidate): Promise<Fault | undefined> {
  if (hash === undefined) return undefined;
  const file = join(found.path, ...entry.file.split("/"));
  // It may be gone by now; the folder itself is never one of the files.
  const real = await realpath(file).catch(() => found.path);
  if (hash.files.has(relative(found.path, real).split(sep).join("/"))) return undefined;
  return { code: "invalid_entry_point", reason: "its file is not part of what is hashed" };
}

/** The host's own packages and local ones need no signature. */
function signingOf(
  { entry, evidence }: Candidate,
  { settings, surface }: ReadDiscoverOptions,
): { readonly trust?: StaticPlugin["trust"]; readonly fault?: Fault } {
  if (evidence === undefined) return {};
  const { profile } = surface;
  const decided = decideTrust({ plugin: entry.id, evidence, settings, profile });
  if (decided.accepted) return { trust: decided };
  const { accepted: _, ...why } = decided;
  return { fault: { ...why, reason: why.message } };
}

/**
 * Who verifiably signed a package, trusted or not. A name that is only claimed does not count.
 *
 * @param locked the signer that plugins.lock names
 * @param isPartial whether a setting or verifier that cannot be used may hide further signers
 * @see spec `lockfile:signers`
 */
export function signerIn(
  evidence: Evidence | undefined,
  locked: string | undefined,
  { trustedPublishers, overridePublishers }: ReadDiscoverOptions["settings"],
  isPartial: boolean,
): string | undefined {
  if (evidence?.kind !== "verified")
    return evidence?.kind === "unsigned" ? evidence.kind : undefined;
  const signers = [evidence.identity, ...(evidence.further ?? [])];
  if (locked !== undefined && signers.includes(locked)) return locked;
  if (isPartial) return undefined;
  return [trustedPublishers, overridePublishers, signers]
    .flatMap((list) => signers.find((each) => list.includes(each)) ?? [])
    .at(0);
}

/**
 * Of several differences, the first in this order is reported. Another package, version or entry
 * point comes with other files, so a different hash is reported only if none of these differs.
 */
const weight: readonly Drift["kind"][] = [
  ...(["missing_from_lock", "package_mismatch", "version_mismatch"] as const),
  ...(["entry_point_mismatch", "capabilities_mismatch", "hooks_mismatch"] as const),
  ...(["hash_mismatch", "dependency_mismatch", "signer_mismatch", "trust_expired"] as const),
];

/**
 * Returns why a plugin is not loaded, or `undefined` if it is as it was trusted. An unreadable
 * lockfile is a fault in every mode: what it says, such as where a plugin must run, is unknown.
 */
function lockFault(
  { entry, package: found, isBuiltin }: Candidate,
  { mode, lock, lockFault: unread }: ReadDiscoverOptions,
  drift: readonly Drift[],
): Fault | undefined {
  if (isBuiltin) return undefined;
  if (unread !== undefined) return { code: "lock_missing", reason: "plugins.lock cannot be read" };
  if (mode !== "production") return undefined;
  if (found.isLinked) return linkedPackage(found.path);
  if (lock === undefined) {
    return { code: "lock_missing", reason: "production mode requires a plugins.lock" };
  }
  const [blocking] = drift
    .filter((each) => each.id === entry.id && each.blocking)
    .sort((a, b) => weight.indexOf(a.kind) - weight.indexOf(b.kind));
  if (blocking === undefined) return undefined;
  const { kind, expected, actual } = blocking;
  const shown = (value: string | undefined) => (value === undefined ? "None" : `'${value}'`);
  const reason =
    kind === "missing_from_lock"
      ? `${actual ?? found.name} has no entry in plugins.lock`
      : `expected ${shown(expected)}, actual ${shown(actual)}`;
  return { code: kind, reason };
}

function siblingFault({ source }: Judged, judged: readonly Judged[]): Fault | undefined {
  const { refusedEntry } = source.package;
  const sibling = judged.find((each) => each.source.package === source.package && each.fault);
  if (sibling?.fault !== undefined)
    return siblingRejected(sibling.source.entry.id, sibling.fault.code);
  return refusedEntry && siblingRejected(refusedEntry.id, refusedEntry.code);
}

/** The fault of plugins in a package of which another plugin is refused. */
export function siblingRejected(id: string, code: RejectionCode): Fault {
  return { code: "sibling_rejected", reason: `'${id}' of the same package is refused: ${code}` };
}
