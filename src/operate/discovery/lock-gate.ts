/** What the lockfile keeps from being loaded, in production. */
import type { InstalledPackage, PackageEntry, RejectionCode } from "../packages/index.ts";
import { type Drift, printable } from "../trust/index.ts";
import type { ReadDiscoverOptions } from "./static-options.ts";

interface Gated {
  readonly entry: PackageEntry;
  readonly package: InstalledPackage;
  readonly isBuiltin: boolean;
  readonly isLocal: boolean;
  readonly drift: readonly Drift[];
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
export function lockRefusal(
  { mode, lock, lockFault }: Pick<ReadDiscoverOptions, "mode" | "lock" | "lockFault">,
  { entry, package: of, isBuiltin, isLocal, drift }: Gated,
): { readonly code: RejectionCode; readonly reason: string } | undefined {
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
