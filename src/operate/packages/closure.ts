/** Every package that a plugin's code can import by name: `glassine-closure-v1`. */
import { readdir, realpath } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { isGlassineError } from "../../core/errors/index.ts";
import { byUnits } from "../../core/plugins/index.ts";
import { installedNames, packageFolder } from "./find-packages.ts";
import { isWithin } from "./folders.ts";
import { expectManifest, hashPackage } from "./hash-package.ts";
import { isPackageName } from "./names.ts";
import { type PackageNeeds, readNeeds } from "./package-json.ts";
import { packageRefused, shownPath, systemCode } from "./refused.ts";
import type { RejectionCode } from "./rejection-codes.ts";
import { resolveName } from "./resolve-name.ts";
import type { PackageHash } from "./types.ts";

/** A package that a plugin needs, or that one of its dependencies needs. */
export interface ClosureMember {
  /** The name under which it is imported. */
  readonly name: string;
  readonly version: string;
  /** The hash of its files, without its own `node_modules`. */
  readonly hash: string;
  /** The real path of its folder. */
  readonly path: string;
  /** By path in the package: the SHA-256 of each file's bytes, in hex. */
  readonly files: PackageHash["files"];
}

export interface PackageClosure {
  /** Sorted by name, version and hash. Includes all copies in different folders. */
  readonly members: readonly ClosureMember[];
  /** The names that the host provides: its own packages, and declared peers that it has. */
  readonly provided: readonly string[];
  /** What is asked for but not installed, except optional dependencies. */
  readonly missing: readonly { readonly name: string; readonly neededBy: string }[];
  /** Sorted paths of what is where Node looks for packages although nothing asks for it. */
  readonly foreign: readonly string[];
}

/** The host, as far as its packages are concerned. */
export interface HostPackages {
  /** The folder of the host: its copies of shared packages are resolved from there. */
  readonly root: string;
  /** Names that always mean the host's packages, whoever imports them: `glassine`. */
  readonly names: readonly string[];
  /** The real paths of installed plugins, which are never the host's packages. */
  readonly plugins: readonly string[];
}

export interface ClosureInput {
  /** A real path. */
  readonly path: string;
  readonly hash: PackageHash;
  /** A project under development, whose `node_modules` also contain what only its author needs. */
  readonly isLinked: boolean;
}

const maxMembers = 1000;
/** Looking one up takes about a millisecond, whether it is there or not. */
const maxLookUps = 20_000;

/**
 * Returns a function that finds and hashes what a plugin depends on. It hashes packages that
 * several plugins share only once, so create a new one for each survey of the disk.
 *
 * Names are resolved as Node resolves them, from the real path of the importing package. The host's
 * own packages are left out, and so are the plugin's `peerDependencies` that the host has. Other
 * peers, and those of a dependency, are members if they are installed.
 *
 * @throws GlassineError (as a rejection of that function) `package_refused`: a dependency cannot be
 *   read or hashed, there are more than 1,000, one package names more than that, or all of them
 *   together more than 20,000
 * @see spec `closure:members`, `closure:foreign`
 */
export function closureHasher(
  host: HostPackages,
): (plugin: ClosureInput) => Promise<PackageClosure> {
  const hashed = new Map<string, ReturnType<typeof hashMember>>();
  const hashOnce = (path: string) => {
    const known = hashed.get(path) ?? hashMember(path);
    hashed.set(path, known);
    return known;
  };
  return async (plugin) => {
    const own = await needsOf(plugin.path, plugin.hash);
    const fromHost = await peersOfHost(own, host);
    const provided = new Set(fromHost);
    const missing = new Map<string, PackageClosure["missing"][number]>();
    const foreign = new Set<string>();
    const members = new Map<string, ClosureMember>();
    let lookUps = namesIn(own).size;
    const importers = [
      { name: "the plugin", path: plugin.path, files: plugin.hash.files, needs: own },
    ];
    // Packages that are found here are appended, and followed in turn.
    for (const importer of importers) {
      for (const name of namesAskedBy(importer.name, importer.needs, fromHost)) {
        if (host.names.includes(name)) {
          provided.add(name);
          continue;
        }
        const { folders, files } = await resolveName(importer.path, name);
        for (const file of files) foreign.add(file);
        if (folders.length === 0 && importer.needs.dependencies.includes(name))
          missing.set(name, missing.get(name) ?? { name, neededBy: importer.name });
        for (const path of folders) {
          const key = `${name}\0${path}`;
          if (path === plugin.path || members.has(key)) continue;
          const { needs, hash: found } = await named(name, hashOnce(path));
          const { hash, files } = found;
          members.set(key, { name, version: needs.version, hash, path, files });
          importers.push({ name, path, files, needs });
          lookUps += namesIn(needs).size;
          if (lookUps > maxLookUps)
            throw tooMany(`and its dependencies name more than ${maxLookUps} dependencies`);
          if (members.size > maxMembers)
            throw tooMany(`has more than ${maxMembers} dependencies, theirs included`);
        }
      }
    }
    /** Whether what is installed under a name in a package's folder is not needed by it. */
    const isForeign = async (folder: string, name: string, at: string): Promise<boolean> => {
      const isOwn = folder === plugin.path;
      const real = await realpath(at).catch(() => at);
      if (host.names.includes(name) || (isOwn && fromHost.includes(name)))
        return real !== (await packageFolder(host.root, name));
      return real !== plugin.path && !members.has(`${name}\0${real}`);
    };
    for (const [path, { files }] of new Map(importers.map((each) => [each.path, each]))) {
      for (const copy of hostCopies(files, host.names)) foreign.add(join(path, copy));
      // A copy of the plugin is what runs, and nothing else of this folder is linked to it.
      if (plugin.isLinked && path === plugin.path) continue;
      const folder = join(path, "node_modules");
      for (const name of await installedNames(folder, namesAt)) {
        const at = join(folder, ...name.split("/"));
        if (!ofInstallers.includes(name) && (await isForeign(path, name, at))) foreign.add(at);
      }
    }
    return {
      members: [...members.values()].sort((a, b) => byUnits(orderOf(a), orderOf(b))),
      provided: [...provided].sort(),
      missing: [...missing.values()].sort((a, b) => byUnits(a.name, b.name)),
      foreign: [...foreign].sort(),
    };
  };
}

/** A dependency as the lockfile writes it: `is-odd@3.0.1 sha256:…`. */
export function memberText({ name, version, hash }: Omit<ClosureMember, "path" | "files">): string {
  return `${name}@${version} ${hash}`;
}

/** A path for a message, relative to the plugin's folder if it is in there. */
export function pathFrom(folder: string, path: string): string {
  return isWithin(folder, path) ? relative(folder, path).split(sep).join("/") : path;
}

/**
 * The peers that a plugin gets from the host: those that the host has, unless they are
 * dependencies, too, or other plugins, for whose code no host vouches.
 */
async function peersOfHost(own: PackageNeeds, host: HostPackages): Promise<readonly string[]> {
  const { dependencies, optional, bundled, peers } = own;
  const brought = [...dependencies, ...optional, ...bundled];
  const shared: string[] = [];
  for (const name of peers.filter((each) => isPackageName(each) && !brought.includes(each))) {
    const path = await packageFolder(host.root, name);
    if (path !== undefined && !host.plugins.includes(path)) shared.push(name);
  }
  return shared;
}

/** The names that a package imports, according to its package.json, without the host's peers. */
function namesAskedBy(
  importer: string,
  needs: PackageNeeds,
  fromHost: readonly string[],
): readonly string[] {
  const others = needs.peers.filter((name) => !fromHost.includes(name));
  const asked = [...namesIn({ ...needs, peers: others })];
  const strange = asked.find((name) => !isPackageName(name));
  if (strange === undefined) return asked;
  const text = `The package.json of ${importer} names the dependency ${shownPath(strange)}, which is not the name of a package.`;
  throw packageRefused("unsupported_file", "package.json", text);
}

async function hashMember(path: string) {
  const hash = await hashPackage(path, { bundled: [] });
  return { hash, needs: await needsOf(path, hash) };
}

/** @throws GlassineError `package_refused` if the package.json is not the one that was hashed */
async function needsOf(path: string, hash: PackageHash): Promise<PackageNeeds> {
  const needs = await readNeeds(path);
  if (needs === undefined) {
    const text = "It has no package.json that can be read.";
    throw packageRefused("unsupported_file", "package.json", text);
  }
  expectManifest(needs.sha256, hash);
  if (namesIn(needs).size > maxMembers) throw tooMany(`names more than ${maxMembers} dependencies`);
  return needs;
}

function namesIn({ dependencies, optional, bundled, peers }: PackageNeeds): ReadonlySet<string> {
  return new Set([...dependencies, ...optional, ...bundled, ...peers]);
}

function tooMany(what: string): Error {
  return packageRefused("package_too_large", "", `The package ${what}.`);
}

async function named<Value>(name: string, work: Promise<Value>): Promise<Value> {
  try {
    return await work;
  } catch (error) {
    if (!isGlassineError(error) || error.code !== "package_refused") throw error;
    const { code, path } = error.data as { readonly code: RejectionCode; readonly path: string };
    const text = `The dependency ${shownPath(name)} cannot be hashed: ${error.message}`;
    throw packageRefused(code, path, text, error);
  }
}

const ofInstallers = [
  ".bin",
  ".modules.yaml",
  ".package-lock.json",
  ".yarn-integrity",
  ".yarn-state.yml",
];

/** The names in a folder; `undefined` if it is not one. */
async function namesAt(folder: string): Promise<readonly string[] | undefined> {
  try {
    return await readdir(folder);
  } catch (error) {
    const code = systemCode(error);
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    const text = `${shownPath(folder)} cannot be read (${code}).`;
    throw packageRefused("unsupported_file", "node_modules", text, error);
  }
}

/** Paths in a package at which its code would find a copy of a host's package. */
function hostCopies(files: PackageHash["files"], names: readonly string[]): ReadonlySet<string> {
  const copies = new Set<string>();
  for (const file of files.keys()) {
    const parts = file.split("/");
    for (const [at, part] of parts.entries()) {
      if (part !== "node_modules") continue;
      const path = parts.slice(0, at + (parts[at + 1]?.startsWith("@") ? 3 : 2));
      const found = path.slice(at + 1).join("/");
      const name = path.length === parts.length ? found.replace(/\.(?:js|json|node)$/, "") : found;
      if (names.includes(name)) copies.add(path.join("/"));
    }
  }
  return copies;
}

/** A sort key of name, version, hash and path, none of which contains a NUL. */
function orderOf({ name, version, hash, path }: ClosureMember): string {
  return [name, version, hash, path].join("\0");
}
