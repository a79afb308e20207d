/** What the lockfile keeps from being loaded, in production. */
import type { InstalledPackage, PackageEntry, RejectionCode } from "../packages/index.ts";
import type { Drift } from "../trust/index.ts";
import type { ReadDiscoverOptions } from "./static-options.ts";

interface Gated {
  readonly entry: PackageEntry;
  readonly package: InstalledPackage;
  readonly isBuiltin: boolean;
  readonly isLocal: boolean;
  readonly drift: readonly Drift[];
}

/** Why a plugin is not loaded, or `undefined` where the lockfile has nothing against it. */
export function lockRefusal(
  { mode, lock }: Pick<ReadDiscoverOptions, "mode" | "lock">,
  { entry, package: found, isBuiltin, isLocal, drift }: Gated,
): { readonly code: RejectionCode; readonly reason: string } | undefined {
  if (mode !== "production" || isBuiltin || isLocal) return undefined;
  if (found.isLinked)
    return {
      code: "linked_package",
      reason: `it is a link to ${found.path}, not an installed package`,
    };
  if (lock === undefined)
    return { code: "lock_missing", reason: "production mode requires a plugins.lock" };
  const blocking = drift.find((each) => each.id === entry.id && each.blocking);
  if (blocking === undefined) return undefined;
  const { kind, expected, actual } = blocking;
  if (kind === "missing_from_lock")
    return { code: kind, reason: `${actual ?? found.name} was never trusted here` };
  return {
    code: kind as RejectionCode,
    reason: `expected ${shown(expected)}, actual ${shown(actual)}`,
  };
}

function shown(value: string | undefined): string {
  return value === undefined ? "None" : `'${value}'`;
}
