/**
 * What runs is what was hashed: packages are copied where nobody else can write, hashed while they
 * are copied, and imported from there. What becomes of the originals in the meantime changes nothing.
 */
import { mkdir, realpath, rm, symlink } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import {
  type ClosureMember,
  copyPackage,
  expectSame,
  type HostPackages,
  type InstalledPackage,
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
  /** Its folder, and the names of its own packages, which every plugin may ask for. */
  readonly host: Pick<HostPackages, "root" | "names">;
  readonly mode: "dev" | "production";
}

/** Where a copy lies, and what its code reads. */
export interface PrivateCopy {
  /** That of the plugin's own package. */
  readonly folder: string;
  /** Folders with all that it can import, but for the library: the copies, and peers of the host. */
  readonly readable: readonly string[];
  /**
   * Whether the package has its hash in the copy, too. It has not where a package that it bundles
   * needs one that it does not bundle: what was hashed then has a link in it.
   */
  readonly hasHash: boolean;
}

/** By what is copied. A module is imported once a process, as long as its files are the same. */
const copies = new Map<string, Promise<PrivateCopy>>();
let made = 0;

/**
 * A copy of a plugin's package, with copies of all that it depends on, as they were
 * when they were hashed. Names lead to these copies, those of the host's packages and of peers to
 * what the host has, and no other name leads anywhere.
 *
 * @throws GlassineError (as a rejection) `package_refused` with `hash_mismatch` where something is
 *   not what was hashed, with `copy_failed`, or with the codes of `hashPackage`
 * @see spec `discovery:copy`, `discovery:once`
 */
export async function privateCopy(input: CopyInput): Promise<PrivateCopy> {
  const { package: found, hash, closure, mode } = input;
  const members = closure?.members ?? [];
  const parts = [found.path, hash.hash, ...members.flatMap((each) => [each.path, each.hash])];
  const key = parts.join("\0");
  if (mode === "production") await expectNothingAbove(await processFolder());
  const copy = copies.get(key) ?? make(input);
  copies.set(key, copy);
  try {
    return await copy;
  } catch (error) {
    copies.delete(key);
    throw error;
  }
}

async function make(input: CopyInput): Promise<PrivateCopy> {
  const { package: found, hash, closure } = input;
  made += 1;
  const folder = join(await processFolder(), String(made));
  try {
    const own = placeIn(folder, 0, found.name);
    await copy({ path: found.path, ...hash }, own, found.bundled);
    /** By the real path of each package. */
    const placed = new Map<string, Place>([[found.path, { path: own, isBundled: false }]]);
    for (const member of closure?.members ?? []) {
      if (placed.has(member.path)) continue;
      const inside = relative(found.path, member.path).split(sep).join("/");
      // What the package brings along is under its hash, and was copied with it.
      const isBundled = hash.files.has(`${inside}/package.json`);
      const path = isBundled ? join(own, inside) : placeIn(folder, placed.size, member.name);
      if (!isBundled) await copy(member, path, []);
      placed.set(member.path, { path, isBundled });
    }
    const peers = new Set<string>();
    let hasHash = true;
    for (const [from, to] of placed) {
      const { count, ofHost } = await linkNames(from, to, placed, input);
      for (const peer of ofHost) peers.add(peer);
      if (to.isBundled && count > 0) hasHash = false;
    }
    return { folder: own, readable: [folder, ...(await withNeeds(peers))], hasHash };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/** As installed packages have it: tools that look at paths take it for one. */
function placeIn(folder: string, at: number, name: string): string {
  return join(folder, String(at), "node_modules", ...name.split("/"));
}

/** Where a package is copied to, and whether the plugin's own brings it along. */
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

/** These folders, and those of all that the packages in them need, as Node finds it from there. */
async function withNeeds(folders: ReadonlySet<string>): Promise<readonly string[]> {
  const found = new Set(folders);
  for (const folder of found) {
    const { dependencies = [], optional = [], peers = [] } = (await readNeeds(folder)) ?? {};
    for (const name of [...dependencies, ...optional, ...peers]) {
      const path = await packageFolder(folder, name);
      if (path !== undefined) found.add(path);
    }
  }
  return [...found];
}

/**
 * Puts what a package asks for where Node looks for it: in its `node_modules`. Only a peer is the
 * host's: what a package depends on is the member that was hashed for it. A bundled package finds
 * the host's names in the one that it is in. Returns how many links were made, and where those of
 * peers lead.
 */
async function linkNames(
  from: string,
  { path: own, isBundled }: Place,
  placed: ReadonlyMap<string, Place>,
  { closure, host }: CopyInput,
): Promise<{ readonly count: number; readonly ofHost: readonly string[] }> {
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
    return folders.map((each) => placed.get(each)?.path).find((each) => each !== undefined);
  };
  const ofHost: string[] = [];
  let count = 0;
  for (const name of new Set([...brought, ...peers, ...host.names])) {
    if (isBundled && host.names.includes(name)) continue;
    const link = join(own, "node_modules", ...name.split("/"));
    if (await isThere(link)) continue;
    const target = isOfHost(name) ? await folderOfHost(host.root, name) : await memberAt(name);
    if (target === undefined) continue;
    count += 1;
    if (isOfHost(name) && !host.names.includes(name)) ofHost.push(target);
    await onDisk(link, async () => {
      await mkdir(dirname(link), { recursive: true, mode: 0o700 });
      await symlink(target, link, "junction");
    });
  }
  return { count, ofHost };
}

/** Of the library that is running, also where plugins are looked for in another folder. */
async function folderOfHost(root: string, name: string): Promise<string | undefined> {
  library ??= libraryFolder();
  const running = name === "glassine" ? await library : undefined;
  return running ?? (await packageFolder(root, name));
}

/** It stays where it is as long as it runs. */
let library: Promise<string | undefined> | undefined;

/** Where this code lies in its own package: a host may have bundled it. */
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
