/// <reference path="./npm-packlist.d.ts" />
/** Signs a package for its author, and warns if that may not be what gets published. */
import { readdir, readFile, realpath, stat } from "node:fs/promises";
import { basename, join, posix } from "node:path";
import { isRecord } from "../../../core/data/index.ts";
import { procedureKind } from "../../discovery/index.ts";
import {
  hashedPaths,
  installedNames,
  readBundled,
  readPackage,
  systemCode,
} from "../../packages/index.ts";
import {
  ed25519File,
  type SignPackageOptions,
  signPackage,
  signTarball,
} from "../../trust/index.ts";
import type { NamedHost } from "../command-host.ts";
import { refusal } from "../failure.ts";
import { texts } from "../texts.ts";

/** `path` is the package's folder or its tarball; `host` the one that it is probably for. */
export async function sign(options: SignPackageOptions, host: NamedHost) {
  const { path } = options;
  const stats = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw refusal("io_failed", texts.noPackage(path, systemCode(error)));
  });
  const isTarball = stats.isFile();
  if (!isTarball && !stats.isDirectory()) throw refusal("io_failed", texts.neitherOf(path));
  const warnings: string[] = [];
  const inspect = async (folder: string) => {
    warnings.push(...(await refusedWarnings(folder, host)));
    warnings.push(...(await (isTarball ? bundleWarnings(folder) : warningsOf(folder))));
  };
  const signed = isTarball ? await signTarball(options, inspect) : await signPackage(options);
  if (!isTarball) await inspect(path);
  return {
    package: signed.name,
    version: signed.version,
    distribution_hash: signed.hash,
    identity: signed.identity,
    key_id: signed.keyId,
    public_key: signed.publicKey,
    evidence: signed.path,
    warnings,
  };
}

/** Warns if the host refuses it whoever signed it, which its author can still correct. */
async function refusedWarnings(
  path: string,
  { bin, hostName, discovery }: NamedHost,
): Promise<readonly string[]> {
  // A link on the way, such as to the temporary folder, would put every file outside of the package.
  const real = await realpath(path);
  const place = { path: real, foundAt: path, isLinked: false, installedAs: basename(path) };
  const { kinds = [procedureKind] } = discovery;
  const commands = ["glassine", hostName, bin];
  const read = await readPackage(place, { field: hostName, kinds, commands });
  return (read?.rejected ?? []).map(({ code, reason }) =>
    texts.wouldBeRefused(hostName, code, reason),
  );
}

/** Warns if a folder is not what npm packs. A tarball is exactly what gets published. */
async function warningsOf(path: string): Promise<readonly string[]> {
  const bundles = (await readBundled(path)).length > 0;
  // Otherwise neither hash nor package has anything of node_modules.
  return [...(await packWarnings(path)), ...(bundles ? await bundleWarnings(path) : [])];
}

async function packWarnings(path: string): Promise<readonly string[]> {
  const packed = await packedFrom(path).catch((error: Error) => error);
  // The evidence is written already, so this is no reason to fail.
  if (packed instanceof Error) return [texts.notPacked(packed.message)];
  const own = (await hashedPaths(path)).filter((each) => !each.startsWith("node_modules/"));
  const left = leftOut(own, packed);
  return [
    ...(left.length === 0 ? [] : [texts.workingFolder(left)]),
    ...(packed.includes(ed25519File) ? [] : [texts.evidenceLeftOut]),
  ];
}

/** The files that npm packs from a folder, without bundled packages. */
async function packedFrom(path: string): Promise<readonly string[]> {
  const text = await readFile(join(path, "package.json"), "utf8");
  const { files, main, browser, bin } = JSON.parse(text);
  // npm fails on anything else. It takes each character of a string as a name.
  const isList = Array.isArray(files) && stringsIn(files).length === files.length;
  if (files && typeof files !== "string" && !isList)
    throw new Error("`files` is not a list of strings");
  const programs = stringsIn(isRecord(bin) ? Object.values(bin) : [bin]);
  const { default: packlist } = await import("npm-packlist");
  const packed = await packlist({
    path,
    // As npm reads it before it does the same. It packs what `bin` lists whatever `files` says.
    package: {
      files,
      bin: [
        ...stringsIn([main, browser]),
        ...programs.map((each) => posix.join("/", each).slice(1)),
      ],
    },
    isProjectRoot: true,
    edgesOut: new Map<string, never>(),
  });
  // It writes `./` before a path that begins with `@`.
  return packed.map((each) => posix.normalize(each));
}

function stringsIn(values: readonly unknown[]): readonly string[] {
  return values.filter((each) => typeof each === "string");
}

/** Returns what npm does not pack, or the folders of which it packs nothing. It packs no link. */
function leftOut(files: readonly string[], packed: readonly string[]): readonly string[] {
  const kept = new Set(packed.flatMap(withFolders));
  const outermost = files.flatMap(
    (file) => withFolders(file).find((each) => !kept.has(each)) ?? [],
  );
  return [...new Set(outermost)].sort();
}

/** `a/b/c` gives `a`, `a/b` and `a/b/c`. */
function withFolders(path: string): readonly string[] {
  const parts = path.split("/");
  return parts.map((_, at) => parts.slice(0, at + 1).join("/"));
}

/** Warns if the bundled packages are not those that the signature covers. */
async function bundleWarnings(path: string): Promise<readonly string[]> {
  const bundled = await readBundled(path);
  const folder = join(path, "node_modules");
  const names = await installedNames(folder, (each) => readdir(each).catch(() => []));
  const inside = names.filter((name) => !name.startsWith("."));
  const missing = bundled.filter((name) => !inside.includes(name)).sort();
  const uncovered = inside.filter((name) => !bundled.includes(name)).sort();
  return [
    ...(missing.length === 0 ? [] : [texts.bundledMissing(missing)]),
    ...(uncovered.length === 0 ? [] : [texts.uncovered(uncovered)]),
  ];
}
