/** Ids that several packages claim, or that are not theirs to claim. */

import { reservedNames } from "../../core/plugins/index.ts";
import type { InstalledPackage, PackageEntry, RejectionCode } from "../packages/index.ts";

interface Claim {
  readonly entry: PackageEntry;
  readonly survey: { readonly package: InstalledPackage; readonly isBuiltin: boolean };
}

interface Clash {
  readonly code: RejectionCode;
  readonly reason: string;
  /** The sentence of a host that does not start, where it has one of its own. */
  readonly message?: string;
}

/** By entry. Of two claimants none is loaded; a built-in is never displaced. */
export function clashesIn(
  claims: readonly Claim[],
  reserved: readonly string[],
): ReadonlyMap<PackageEntry, Clash> {
  const clashes = new Map<PackageEntry, Clash>();
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
function duplicateText(claims: readonly Claim[]): string {
  const points = claims.map(({ entry, survey }) => `'${survey.package.name}/${entry.entryPoint}'`);
  return `duplicate plugin name '${claims[0]?.entry.id ?? ""}' discovered from entry points ${points.join(" and ")}`;
}
