/**
 * Plugins that the lockfile trusts but no package names. Their package may be gone. If it is there
 * with different files, it was changed, and is not missing.
 */
import {
  hashPackage,
  type InstalledPackage,
  namesForOther,
  packageFolder,
  readPackageJson,
} from "../packages/index.ts";
import type { InstalledPlugin, LockEntry } from "../trust/index.ts";

interface Installation {
  readonly root: string;
  readonly packages: readonly InstalledPackage[];
  readonly ids: ReadonlySet<string>;
  /** The key in a package.json under which this host's plugins are named. */
  readonly field: string;
}

/** Returns the lockfile entries whose id no package of this host names. */
export async function lostPlugins(
  entries: readonly LockEntry[],
  { root, packages, ids, field }: Installation,
) {
  /** Those whose package is there with a different hash. */
  const changed: InstalledPlugin[] = [];
  /** The ids of those whose package is as it was trusted, and names them for another host. */
  const ofOthers = new Set<string>();
  for (const entry of entries) {
    if (ids.has(entry.id)) continue;
    const known = packages.filter(({ name }) => name === entry.package).map(({ path }) => path);
    const installed = await packageFolder(root, entry.package);
    const paths = [...new Set([...known, ...(installed === undefined ? [] : [installed])])];
    if (paths.length === 0) continue;
    // `undefined` if a package cannot be hashed.
    const hashes = await Promise.all(paths.map((path) => hashPackage(path).catch(() => undefined)));
    const asTrusted = hashes.findIndex((each) => each?.hash === entry.hash);
    const path = paths[asTrusted];
    const file = path === undefined ? undefined : await readPackageJson(path);
    if (path !== undefined && file !== undefined && !("fault" in file)) {
      const { data, sha256 } = file;
      const searched = packages.find((each) => each.path === path);
      // It is a change, too, if package.json was different when plugins were looked for.
      const isSame =
        sha256 === hashes[asTrusted]?.files.get("package.json") &&
        (searched === undefined
          ? data === undefined || !Object.hasOwn(data, field)
          : searched.manifestHash === sha256);
      if (isSame && data !== undefined) {
        // Otherwise no host has a plugin with this id, and it counts as missing.
        if (namesForOther(data, entry.id, field)) ofOthers.add(entry.id);
        continue;
      }
    }
    const hash = path === undefined ? hashes[0]?.hash : undefined;
    changed.push({ ...entry, hash, capabilities: undefined });
  }
  return { changed, ofOthers };
}
