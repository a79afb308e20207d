/** The package.json of a package, and what it says about other packages. */

import { createHash } from "node:crypto";
import { join } from "node:path";
import { isRecord } from "../../core/data/index.ts";
import { defaultId, isVersion } from "./names.ts";
import { type FileFault, type FileRules, readSmallFile } from "./small-file.ts";

/** A package.json as it is on disk. */
export interface PackageJson {
  readonly bytes: Uint8Array;
  /** The SHA-256 of the bytes, in hex. */
  readonly sha256: string;
  /** As `JSON.parse` reads it, like Node and installers; `undefined` if it is not an object. */
  readonly data: Readonly<Record<string, unknown>> | undefined;
}

const ofPlugins: FileRules = { maxBytes: 1024 * 1024, followLinks: false };

export async function readPackageJson(
  folder: string,
  rules = ofPlugins,
): Promise<PackageJson | FileFault> {
  const file = await readSmallFile(join(folder, "package.json"), rules);
  if ("fault" in file) return file;
  const { bytes } = file;
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  return { bytes, sha256, data: dataOf(bytes) };
}

function dataOf(bytes: Uint8Array): PackageJson["data"] {
  try {
    const data: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return isRecord(data) ? data : undefined;
  } catch {
    return undefined;
  }
}

/** What a package.json says about other packages. Lists have no repeats. */
export interface PackageNeeds {
  readonly name: unknown;
  readonly version: string;
  readonly dependencies: readonly string[];
  readonly optional: readonly string[];
  readonly peers: readonly string[];
  readonly bundled: readonly string[];
  /** The SHA-256 of the file, in hex. */
  readonly sha256: string;
}

/** Returns `undefined` if the folder has no package.json that can be read. */
export async function readNeeds(root: string): Promise<PackageNeeds | undefined> {
  const file = await readPackageJson(root);
  if ("fault" in file || file.data === undefined) return undefined;
  const { data: fields, sha256 } = file;
  const { name, version } = fields;
  const optional = keysOf(fields.optionalDependencies);
  return {
    name,
    version: typeof version === "string" && isVersion(version) ? version : "0.0.0",
    // As in npm: a dependency that is also optional is optional.
    dependencies: keysOf(fields.dependencies).filter((name) => !optional.includes(name)),
    optional,
    peers: keysOf(fields.peerDependencies),
    bundled: bundledIn(fields),
    sha256,
  };
}

/** The names of the packages that a folder's package.json bundles; none if it cannot be read. */
export async function readBundled(root: string): Promise<readonly string[]> {
  return (await readNeeds(root))?.bundled ?? [];
}

function keysOf(value: unknown): readonly string[] {
  return isRecord(value) ? Object.keys(value) : [];
}

/**
 * The packages that a package.json bundles, read as npm does: a list of names, an object with names
 * as keys, or `true` for every dependency. Anything else bundles nothing.
 */
export function bundledIn(manifest: unknown): readonly string[] {
  if (!isRecord(manifest)) return [];
  const { bundleDependencies = manifest.bundledDependencies } = manifest;
  if (bundleDependencies === true)
    return [...namesIn(manifest.dependencies), ...namesIn(manifest.optionalDependencies)];
  return namesIn(bundleDependencies);
}

function namesIn(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.filter((each) => typeof each === "string");
  return keysOf(value);
}

/** Whether a file claims to be a plugin's, judged by its text if it is not a JSON object. */
export function claimsPlugin({ bytes, data }: PackageJson, field: string): boolean {
  if (data !== undefined) return Object.hasOwn(data, field) || saysKeyword(data, field);
  const text = new TextDecoder().decode(bytes);
  return text.includes(`"${field}"`) || text.includes(`"${field}-plugin"`);
}

/** @param field the host's name, with which the keyword of its plugins begins */
export function saysKeyword({ keywords }: Readonly<Record<string, unknown>>, field: string) {
  return Array.isArray(keywords) && keywords.includes(`${field}-plugin`);
}

/**
 * Whether a package.json names a plugin `id` for another host: under a field of the same form as
 * that of this host, whose name is `field`.
 */
export function namesForOther(
  data: Readonly<Record<string, unknown>>,
  id: string,
  field: string,
): boolean {
  return Object.entries(data).some(([key, value]) => {
    if (key === field || !isRecord(value)) return false;
    const { plugin, id: own = defaultId(String(data.name)) } = value;
    if (plugin !== undefined && own === id) return true;
    return Object.values(value).some((paths) => isRecord(paths) && Object.hasOwn(paths, id));
  });
}

/** More than any package.json has in a package without plugins. */
const maxRefusedBytes = 16 * 1024 * 1024;

/**
 * The same for a file that is too large or a link. It is read only for this, even through links,
 * and without waiting for a pipe. True if that cannot be known.
 */
export async function mayClaimPlugin(folder: string, field: string): Promise<boolean> {
  const file = await readPackageJson(folder, { maxBytes: maxRefusedBytes, followLinks: true });
  return "fault" in file || claimsPlugin(file, field);
}
