/**
 * Plugins that the lockfile trusts and no package names. Their package may be gone, or it may be
 * there with other files: then it is not missing, it was changed.
 */
import {
  hashPackage,
  type InstalledPackage,
  type PackageHash,
  packageFolder,
  readNeeds,
} from "../packages/index.ts";
import type { InstalledPlugin, LockEntry } from "../trust/index.ts";

interface Installation {
  readonly root: string;
  readonly packages: readonly InstalledPackage[];
  readonly ids: ReadonlySet<string>;
  /** The key in a package.json under which this host's plugins are named. */
  readonly field: string;
}

/** Entries of the lockfile whose id no package of this host names. */
interface LostPlugins {
  /** Those whose package is there, and differs by its hash. */
  readonly changed: readonly InstalledPlugin[];
  /** The ids of those whose package is as it was trusted, and names plugins of other hosts only. */
  readonly ofOthers: ReadonlySet<string>;
}

export async function lostPlugins(
  entries: readonly LockEntry[],
  { root, packages, ids, field }: Installation,
): Promise<LostPlugins> {
  const changed: InstalledPlugin[] = [];
  const ofOthers = new Set<string>();
  for (const entry of entries) {
    if (ids.has(entry.id)) continue;
    const known = packages.filter(({ name }) => name === entry.package).map(({ path }) => path);
    const installed = await packageFolder(root, entry.package);
    const paths = [...new Set([...known, ...(installed === undefined ? [] : [installed])])];
    if (paths.length === 0) continue;
    // `undefined` where a package cannot be hashed.
    const hashes = await Promise.all(paths.map((path) => hashPackage(path).catch(() => undefined)));
    const asTrusted = hashes.findIndex((each) => each?.hash === entry.hash);
    const path = paths[asTrusted];
    const first = packages.find((each) => each.path === path);
    const isOthers =
      path !== undefined && (await wasRead(path, hashes[asTrusted], { first, field }));
    if (isOthers) ofOthers.add(entry.id);
    // A package.json that was another when plugins were looked for is a change, too.
    else
      changed.push({
        ...entry,
        hash: path === undefined ? hashes[0]?.hash : undefined,
        capabilities: undefined,
      });
  }
  return { changed, ofOthers };
}

/** Whether the package.json that plugins were looked for in is the one that was hashed. */
async function wasRead(
  path: string,
  hash: PackageHash | undefined,
  { first, field }: { readonly first: InstalledPackage | undefined; readonly field: string },
): Promise<boolean> {
  const hashed = hash?.files.get("package.json");
  if (first !== undefined) return first.manifestHash === hashed;
  const needs = await readNeeds(path);
  return needs?.sha256 === hashed && needs?.fields.includes(field) === false;
}
