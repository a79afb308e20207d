/** The package.json of a package as Node and installers read it: for what it depends on. */

import { createHash } from "node:crypto";
import { join } from "node:path";
import { isRecord } from "../../core/data/index.ts";
import { isVersion } from "./names.ts";
import { readSmallFile } from "./small-file.ts";

const maxBytes = 1024 * 1024;

/** What a package.json says of other packages. Lists have no repeats. */
export interface PackageNeeds {
  readonly name: unknown;
  readonly version: string;
  readonly dependencies: readonly string[];
  readonly optional: readonly string[];
  readonly peers: readonly string[];
  readonly bundled: readonly string[];
  readonly development: readonly string[];
  /** Everything that it names, of which hosts know their own. */
  readonly fields: readonly string[];
  /** The SHA-256 of the file, in hex. */
  readonly sha256: string;
}

/** `undefined` where the folder has no package.json that can be read. */
export async function readNeeds(root: string): Promise<PackageNeeds | undefined> {
  const file = await readSmallFile(join(root, "package.json"), { maxBytes, followLinks: false });
  if ("fault" in file) return undefined;
  const { bytes } = file;
  let data: unknown;
  try {
    data = JSON.parse(new TextDecoder("utf-8").decode(bytes));
  } catch {
    return undefined;
  }
  if (typeof data !== "object" || data === null) return undefined;
  const fields = data as Readonly<Record<string, unknown>>;
  const { name, version } = fields;
  const optional = keysOf(fields.optionalDependencies);
  return {
    name,
    version: typeof version === "string" && isVersion(version) ? version : "0.0.0",
    // As npm does: what is optional too is optional.
    dependencies: keysOf(fields.dependencies).filter((name) => !optional.includes(name)),
    optional,
    peers: keysOf(fields.peerDependencies),
    bundled: bundledIn(data),
    development: keysOf(fields.devDependencies),
    fields: Object.keys(fields),
    sha256: createHash("sha256").update(bytes).digest("hex"),
  };
}

/** The names of the packages that a folder's package.json bundles. None where it cannot be read. */
export async function readBundled(root: string): Promise<readonly string[]> {
  return (await readNeeds(root))?.bundled ?? [];
}

export function keysOf(value: unknown): readonly string[] {
  return isRecord(value) ? Object.keys(value) : [];
}

/**
 * What a package.json says, read as npm reads it: a list of names, an object of them, or `true` for
 * every dependency. Anything else bundles nothing.
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
  return isRecord(value) ? Object.keys(value) : [];
}

/** More than any package.json that is not of a plugin has. */
const maxRefusedBytes = 16 * 1024 * 1024;

/** By its text, whatever is wrong with it: `JSON.parse` accepts what the strict reader refuses. */
export function claimsPlugin(text: string, field: string): boolean {
  try {
    const data: unknown = JSON.parse(text);
    if (isRecord(data)) {
      const { keywords } = data;
      const hasKeyword = Array.isArray(keywords) && keywords.includes(`${field}-plugin`);
      return Object.hasOwn(data, field) || hasKeyword;
    }
  } catch {
    // Then its text is searched.
  }
  return text.includes(`"${field}"`) || text.includes(`"${field}-plugin"`);
}

/**
 * The same of a file that is too large or a link. It is read for this alone, through links too, and
 * no pipe is waited for. True where it cannot be known.
 */
export async function mayClaimPlugin(path: string, field: string): Promise<boolean> {
  const file = await readSmallFile(path, { maxBytes: maxRefusedBytes, followLinks: true });
  return "fault" in file || claimsPlugin(new TextDecoder().decode(file.bytes), field);
}
