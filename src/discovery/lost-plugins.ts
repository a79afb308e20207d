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

/**
 * Those whose package is there and differs, as far as its hash tells. A package that is as it was
 * trusted has plugins of another host, and nothing is said of it.
 */
export async function changedPlugins(
  entries: readonly LockEntry[],
  { root, packages, ids }: Installation,
): Promise<readonly InstalledPlugin[]> {
  const changed: InstalledPlugin[] = [];
  for (const entry of entries) {
    if (ids.has(entry.id)) continue;
    const known = packages.find(({ name }) => name === entry.package);
    const path = known?.path ?? (await packageFolder(root, entry.package));
    if (path === undefined) continue;
    const hash = await hashPackage(path).then(
      (made) => made.hash,
      () => undefined,
    );
    if (hash !== entry.hash) changed.push({ ...entry, hash, capabilities: undefined });
  }
  return changed;
}
