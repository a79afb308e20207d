/**
 * What runs is what was hashed: packages are copied to where nobody else can write, hashed while
 * they are copied, and imported from there. Later changes to the originals have no effect.
 */
import { mkdir, readdir, realpath, rm, symlink } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import {
  type ClosureMember,
  copyPackage,
  expectSame,
  type HostPackages,
  type InstalledPackage,
  isWithin,
  nearestPackage,
  type PackageClosure,
  type PackageHash,
  packageFolder,
  packageRefused,
  readNeeds,
  resolveName,
  systemCode,
  upFrom,
} from "../packages/index.ts";
import { isThere } from "../trust/index.ts";
import { expectNothingAbove, processFolder } from "./process-folder.ts";

interface CopyInput {
  readonly package: InstalledPackage;
  readonly hash: PackageHash;
  readonly closure: PackageClosure | undefined;
  /** Its folder, and the names of its own packages, which every plugin may import. */
  readonly host: Pick<HostPackages, "root" | "names">;
  readonly mode: "dev" | "production";
}

/** Where a copy is, and what its code can read. */
export interface PrivateCopy {
  /** The folder of the plugin's own package. */
  readonly folder: string;
  /** Folders with all that it can import except the library: the copies, and the host's peers. */
  readonly readable: readonly string[];
  /**
   * Whether the copy has the package's hash, too. It does not if a bundled package depends on what
   * is the plugin's peer, because a link to another copy of that is added to the hashed files.
   */
  readonly hasHash: boolean;
  /** The path of each file, link and folder in it. */
  readonly paths: readonly string[];
}

/** Keyed by what is copied: a process imports a module once, as long as its files are the same. */
const copies = new Map<string, Promise<PrivateCopy>>();
let made = 0;

/**
 * Returns a copy of a plugin's package, with copies of all that it depends on, as they were when
 * they were hashed. Package names lead to these copies. The names of the host's packages and of
 * peers lead to those of the host; no other name leads anywhere.
 *
 * @throws GlassineError (as a rejection) `package_refused` with `hash_mismatch` if something is not
 *   what was hashed, with `copy_failed`, or with the codes of `hashPackage`
 * @see spec `discovery:copy`, `discovery:once`
 */
export async function privateCopy(input: CopyInput): Promise<PrivateCopy> {
  const { package: found, hash, closure, host, mode } = input;
  const members = closure?.members ?? [];
  const parts = [found.path, hash.hash, ...members.flatMap((each) => [each.path, each.hash])];
  // A peer that was installed later needs a link, which an earlier copy lacks; in another root it
  // can lead elsewhere.
  const ofHost = [...host.names, ...(closure?.provided ?? [])].map(async (name) => [
    name,
    await folderOfHost(host.root, name),
  ]);
  const key = [...parts, ...(await Promise.all(ofHost)).flat()].join("\0");
  if (mode === "production") await expectNothingAbove(await processFolder());
  const copy = wholeOrNew(copies.get(key), input);
  copies.set(key, copy);
  try {
    return await copy;
  } catch (error) {
    copies.delete(key);
    throw error;
  }
}

/** What cleans folders of temporary files can remove some of a copy, or all of it. */
async function wholeOrNew(
  earlier: Promise<PrivateCopy> | undefined,
  input: CopyInput,
): Promise<PrivateCopy> {
  const found = await earlier?.catch(() => undefined);
  if (found === undefined || !isWithin(await processFolder(), found.folder)) return make(input);
  const areThere = await Promise.all(found.paths.map(isThere));
  return areThere.includes(false) ? make(input) : found;
}

async function make(input: CopyInput): Promise<PrivateCopy> {
  const { package: found, hash, closure } = input;
  const all = await processFolder();
  // Counted after waiting: copies that are made at the same time must not share a folder.
  made += 1;
  const folder = join(all, String(made));
  try {
    const own = placeIn(folder, 0, found.name);
    await copy({ path: found.path, ...hash }, own, found.bundled);
    /** Keyed by the real path of each package. */
    const placed = new Map<string, Place>([[found.path, { path: own, isBundled: false }]]);
    for (const member of closure?.members ?? []) {
      if (placed.has(member.path)) continue;
      const inside = relative(found.path, member.path).split(sep).join("/");
      // A bundled package is part of the package's hash, and was copied with it.
      const isBundled = hash.files.has(`${inside}/package.json`);
      const path = isBundled ? join(own, inside) : placeIn(folder, placed.size, member.name);
      if (!isBundled) await copy(member, path, []);
      placed.set(member.path, { path, isBundled });
    }
    const peers = new Set<string>();
    let hasHash = true;
    for (const [from, to] of placed) {
      const { isWhole, ofHost } = await linkNames(from, to, placed, input);
      for (const peer of ofHost) peers.add(peer);
      hasHash &&= isWhole;
    }
    const readable = [folder, ...(await withNeeds(peers))];
    return { folder: own, readable, hasHash, paths: await pathsIn(folder) };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/** Follows no link: those for peers lead into the host. `recursive` follows them from Node 26 on. */
async function pathsIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const paths = entries.map(async (entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? [path, ...(await pathsIn(path))] : [path];
  });
  return (await Promise.all(paths)).flat();
}

/** A path like that of an installed package, for tools that go by paths. */
function placeIn(folder: string, at: number, name: string): string {
  return join(folder, String(at), "node_modules", ...name.split("/"));
}

/** Where a package is copied to, and whether the plugin's own package bundles it. */
interface Place {
  readonly path: string;
  readonly isBundled: boolean;
}

type Copied = Pick<ClosureMember, "path" | "hash" | "files">;

/** @throws GlassineError `package_refused` */
async function copy(of: Copied, to: string, bundled: readonly string[]): Promise<void> {
  await onDisk(to, () => mkdir(to, { recursive: true, mode: 0o700 }));
  expectSame(of, await copyPackage(of.path, to, { bundled }));
}

/**
 * Returns these folders and those of all that their packages need, as Node finds it from there, with
 * the links on the way.
 */
async function withNeeds(folders: ReadonlySet<string>): Promise<readonly string[]> {
  const found = new Set(folders);
  const links = new Set<string>();
  for (const folder of found) {
    const { dependencies = [], optional = [], peers = [] } = (await readNeeds(folder)) ?? {};
    for (const name of [...dependencies, ...optional, ...peers]) {
      const need = await nearestPackage(folder, name);
      if (need === undefined) continue;
      found.add(need.path);
      if (need.foundAt !== need.path) links.add(need.foundAt);
    }
  }
  return [...found, ...links];
}

/**
 * Links what a package asks for into its `node_modules`, where Node looks for it. Only peers come
 * from the host; a dependency is the member that was hashed for it. A bundled package finds what it
 * asks for through the package that bundles it, whose own `node_modules` is not hashed. Returns
 * whether no link was added to hashed files, and where those for peers lead.
 */
async function linkNames(
  from: string,
  { path: own, isBundled }: Place,
  placed: ReadonlyMap<string, Place>,
  { package: found, closure, host }: CopyInput,
): Promise<{ readonly isWhole: boolean; readonly ofHost: readonly string[] }> {
  const {
    dependencies = [],
    optional = [],
    bundled = [],
    peers = [],
  } = (await readNeeds(own)) ?? {};
  const provided = closure?.provided ?? [];
  const brought = [...dependencies, ...optional, ...bundled];
  const isOfHost = (name: string) =>
    host.names.includes(name) || (provided.includes(name) && !brought.includes(name));
  const memberAt = async (name: string) => {
    const { folders } = await resolveName(from, name);
    return folders.map((each) => placed.get(each)).find((each) => each !== undefined);
  };
  const bundler = placed.get(found.path)?.path ?? own;
  const ofHost: string[] = [];
  let isWhole = true;
  for (const name of new Set([...brought, ...peers, ...host.names])) {
    if (isBundled && host.names.includes(name)) continue;
    const inside = join(own, "node_modules", ...name.split("/"));
    if (await isThere(inside)) continue;
    const member = isOfHost(name) ? undefined : await memberAt(name);
    // Node finds one bundled package from another as it is.
    if (isBundled && member?.isBundled) continue;
    const target = isOfHost(name) ? await folderOfHost(host.root, name) : member?.path;
    if (target === undefined) continue;
    const outside = join(bundler, "node_modules", ...name.split("/"));
    const leadsTo = isBundled ? await realpath(outside).catch(() => undefined) : undefined;
    if (leadsTo === target) continue;
    const link = isBundled && leadsTo === undefined ? outside : inside;
    if (isBundled && link === inside) isWhole = false;
    if (isOfHost(name) && !host.names.includes(name)) ofHost.push(target);
    await onDisk(link, async () => {
      await mkdir(dirname(link), { recursive: true, mode: 0o700 });
      await symlink(target, link, "junction");
    });
  }
  return { isWhole, ofHost };
}

/** For the library, the folder of the running one, even if another is in `root`. */
async function folderOfHost(root: string, name: string): Promise<string | undefined> {
  library ??= libraryFolder();
  const running = name === "glassine" ? await library : undefined;
  return running ?? (await packageFolder(root, name));
}

/** Looked up once, because the library does not move while it runs. */
let library: Promise<string | undefined> | undefined;

/** The folder of the library; `undefined` if a host has bundled this code. */
async function libraryFolder(): Promise<string | undefined> {
  for (const at of upFrom(fileURLToPath(new URL(".", import.meta.url)))) {
    const own = await readNeeds(at);
    if (own !== undefined) return own.name === "glassine" ? realpath(at) : undefined;
  }
  return undefined;
}

async function onDisk(path: string, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const text = `${path} cannot be made (${systemCode(error)}).`;
    throw packageRefused("copy_failed", "", text, error);
  }
}
