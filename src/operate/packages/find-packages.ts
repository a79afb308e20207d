/** Finds the packages with plugins that are installed for a root. Runs none of their code. */
import { existsSync } from "node:fs";
import { readdir, realpath } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { isWithin, upFrom } from "./folders.ts";
import { type PackageFilter, type Place, type ReadPackage, readPackage } from "./read-package.ts";
import { systemCode } from "./refused.ts";

export interface FindOptions extends PackageFilter {
  /** Its `node_modules` is searched, and that of each directory above it. */
  readonly root: string;
  /** Real paths of the host's own packages, which hide all others with the same names. */
  readonly own?: readonly string[];
  /** Folders that are, or contain, packages that are not installed. */
  readonly local?: readonly string[];
}

type Candidate = Omit<Place, "isLinked">;

/**
 * Reads each real package once, and returns them by name. Each hides others with its installed name
 * in folders farther up.
 */
export async function findPackages({
  root,
  own = [],
  local = [],
  field,
  kinds,
  commands,
}: FindOptions) {
  const filter = { field, kinds, commands };
  /** About packages with the same name, one of which may hide the other, and unreadable folders. */
  const warnings: string[] = [];
  /** Folders of packages that exist but cannot be read, so that their contents are unknown. */
  const unreadable: string[] = [];
  const folders = await modulesAbove(root);
  const seen = new Set<string>();
  const real = await Promise.all(folders.map((each) => realpath(each).catch(() => each)));
  const nearest = new Map<string, Candidate>();
  const taken: ReadPackage[] = [];
  const take = async (candidate: Candidate, isOwn: boolean) => {
    const { path, foundAt, installedAs } = candidate;
    seen.add(path);
    const isLinked = !isOwn && !real.some((each) => each !== path && isWithin(each, path));
    const read = await readPackage(
      { ...candidate, isLinked },
      { ...filter, commands: isOwn ? [] : commands },
    );
    if (read === undefined) return;
    const others = taken.filter((each) => each.package.name === read.package.name);
    // A name in a package.json is only a claim: it hides nothing that is installed next to it, or
    // under another name. As for Node, the nearest package need not be a plugin.
    const ofHost = others.find((each) => own.includes(each.package.path))?.package;
    const nearer = nearest.get(installedAs);
    const hiding = ofHost ?? (nearer?.path === path ? undefined : nearer);
    if (hiding === undefined) {
      for (const { package: other } of others)
        warnings.push(
          `two packages call themselves '${other.name}': ${other.foundAt} and ${foundAt}`,
        );
      taken.push(read);
      return;
    }
    const one = ofHost === undefined ? "the nearer one" : "the host's own";
    warnings.push(
      `the package '${read.package.name}' at ${foundAt} is hidden by ${one} at ${hiding.foundAt}`,
    );
  };
  for (const path of own) await take({ path, foundAt: path, installedAs: basename(path) }, true);
  for (const folder of folders) {
    for (const candidate of await candidatesIn(folder, { warnings, unreadable })) {
      const { path, installedAs } = candidate;
      if (!nearest.has(installedAs)) nearest.set(installedAs, candidate);
      if (!seen.has(path)) await take(candidate, false);
    }
  }
  const ownLocal = sorted(await localPackages(local, filter, { warnings, unreadable }));
  // A workspace that is developed is also a link in the `node_modules` above it.
  const localPaths = ownLocal.map((each) => each.package.path);
  const found = sorted(taken.filter((each) => !localPaths.includes(each.package.path)));
  return {
    packages: found.map((each) => each.package),
    local: ownLocal.map((each) => each.package),
    rejected: [...found, ...ownLocal].flatMap(({ rejected }) => rejected),
    warnings,
    unreadable,
  };
}

function sorted(packages: readonly ReadPackage[]): readonly ReadPackage[] {
  const place = ({ package: { name, foundAt } }: ReadPackage) => `${name} ${foundAt}`;
  return [...packages].sort((a, b) => (place(a) < place(b) ? -1 : 1));
}

/** `node_modules` of a directory and of those above it, the nearest first. */
async function modulesAbove(root: string): Promise<readonly string[]> {
  const start = await realpath(resolve(root)).catch(() => resolve(root));
  return upFrom(start).map((folder) => join(folder, "node_modules"));
}

/** Whether a directory, or one above it, has a folder for packages, even if it is empty. */
export async function hasModules(root: string): Promise<boolean> {
  return (await modulesAbove(root)).some((folder) => existsSync(folder));
}

/** The real path of the nearest package that is installed under a name, whether a plugin or not. */
export async function packageFolder(root: string, name: string): Promise<string | undefined> {
  return (await nearestPackage(root, name))?.path;
}

/** The same with the path at which it is found, which may be that of a link. */
export async function nearestPackage(
  root: string,
  name: string,
): Promise<Pick<Candidate, "path" | "foundAt"> | undefined> {
  for (const folder of await modulesAbove(root)) {
    const foundAt = join(folder, ...name.split("/"));
    const path = await realpath(foundAt).catch(() => undefined);
    if (path !== undefined) return { path, foundAt };
  }
  return undefined;
}

interface Notes {
  readonly warnings: string[];
  readonly unreadable: string[];
}

async function candidatesIn(folder: string, notes: Notes): Promise<readonly Candidate[]> {
  const names = await installedNames(folder, (each) => namesIn(each, notes));
  const found: Candidate[] = [];
  for (const name of [...names].sort()) {
    const foundAt = join(folder, ...name.split("/"));
    try {
      found.push({ path: await realpath(foundAt), foundAt, installedAs: name });
    } catch (error) {
      const code = systemCode(error);
      if (code === "EACCES" || code === "EPERM") noteUnreadable(foundAt, code, notes);
      else notes.warnings.push(`${foundAt} is a link that leads nowhere`);
    }
  }
  return found;
}

/** The names in a `node_modules`, including scoped ones: `is-odd`, `@acme/guard`. */
export async function installedNames(
  folder: string,
  list: (folder: string) => Promise<readonly string[] | undefined>,
): Promise<readonly string[]> {
  const found = ((await list(folder)) ?? []).map(async (name) => {
    const inScope = name.startsWith("@") ? await list(join(folder, name)) : undefined;
    return inScope?.map((each) => `${name}/${each}`) ?? [name];
  });
  return (await Promise.all(found)).flat();
}

/** Names of folders and links, without those that begin with a dot, which are the installer's. */
async function namesIn(folder: string, notes: Notes): Promise<readonly string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isDirectory() || entry.isSymbolicLink())
      .map(({ name }) => name)
      .filter((name) => !name.startsWith("."));
  } catch (error) {
    const code = systemCode(error);
    if (code !== "ENOENT" && code !== "ENOTDIR") noteUnreadable(folder, code, notes);
    return [];
  }
}

function noteUnreadable(path: string, code: string, notes: Notes): void {
  notes.warnings.push(`${path} cannot be read (${code})`);
  notes.unreadable.push(path);
}

async function localPackages(
  folders: readonly string[],
  filter: PackageFilter,
  notes: Notes,
): Promise<readonly ReadPackage[]> {
  const found: ReadPackage[] = [];
  for (const folder of folders) {
    const own = await readLocal(folder, filter);
    if (own !== undefined) {
      found.push(own);
      continue;
    }
    if (!existsSync(folder)) notes.warnings.push(`there is no folder ${folder} of local plugins`);
    for (const name of await namesIn(folder, notes)) {
      const read = await readLocal(join(folder, name), filter);
      if (read !== undefined) found.push(read);
    }
  }
  return found;
}

async function readLocal(foundAt: string, filter: PackageFilter): Promise<ReadPackage | undefined> {
  const path = await realpath(foundAt).catch(() => undefined);
  if (path === undefined) return undefined;
  return readPackage({ path, foundAt, isLinked: true, installedAs: foundAt }, filter);
}
