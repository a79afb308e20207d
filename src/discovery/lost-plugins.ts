/**
 * Plugins that the lockfile trusts and no package names. Their package may be gone, or it may be
 * there with other files: then it is not missing, it was changed.
 */
import { hashPackage, type InstalledPackage, packageFolder } from "../packages/index.ts";
import type { InstalledPlugin, LockEntry } from "../trust/index.ts";

interface Installation {
  readonly root: string;
  readonly packages: readonly InstalledPackage[];
  /** The ids of all plugins that were found. */
  readonly ids: ReadonlySet<string>;
}

/** Entries of the lockfile whose id no package of this host names. */
interface LostPlugins {
  /** Those whose package is there and differs, as far as its hash tells. */
  readonly changed: readonly InstalledPlugin[];
  /** The ids of those whose package is as it was trusted: its plugins are another host's. */
  readonly ofOthers: ReadonlySet<string>;
}

export async function lostPlugins(
  entries: readonly LockEntry[],
  { root, packages, ids }: Installation,
): Promise<LostPlugins> {
  const changed: InstalledPlugin[] = [];
  const ofOthers = new Set<string>();
  for (const entry of entries) {
    if (ids.has(entry.id)) continue;
    const known = packages.filter(({ name }) => name === entry.package).map(({ path }) => path);
    const installed = await packageFolder(root, entry.package);
    const paths = new Set([...known, ...(installed === undefined ? [] : [installed])]);
    if (paths.size === 0) continue;
    const hashes = await Promise.all([...paths].map(hashOf));
    if (hashes.includes(entry.hash)) ofOthers.add(entry.id);
    else changed.push({ ...entry, hash: hashes[0], capabilities: undefined });
  }
  return { changed, ofOthers };
}

/** `undefined` where there is none: that is no hash that was trusted. */
async function hashOf(path: string): Promise<string | undefined> {
  return hashPackage(path).then(
    ({ hash }) => hash,
    () => undefined,
  );
}
