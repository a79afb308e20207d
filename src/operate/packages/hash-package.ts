/** Hashes an installed package: every file of it, and nothing else. */
import { createHash } from "node:crypto";
import { type BigIntStats, constants } from "node:fs";
import { type FileHandle, mkdir, open, realpath, stat, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expectOptions } from "../../core/data/index.ts";
import { optionsInvalid } from "../../core/errors/index.ts";
import { readBundled } from "./package-json.ts";
import { fileRefused, packageRefused, shownPath, systemCode } from "./refused.ts";
import type { PackageHash } from "./types.ts";
import {
  coverageOf,
  type Found,
  type PackageSize,
  packageSize,
  walkPackage,
} from "./walk-package.ts";

/** Options of `hashPackage`. */
export interface HashPackageOptions {
  /** The packages that it bundles. Default: those that its package.json names. */
  readonly bundled?: readonly string[] | undefined;
}

const pieceBytes = 64 * 1024;

/**
 * Hashes every file of the package in a folder, as `spec/package-hash.md` says.
 *
 * The same contents have the same hash on every system: order, times, owners and permissions do not
 * count. At the root, `.git`, `glassine.sig.json`, `glassine.sigstore.json` and `node_modules` are
 * left out, except for bundled packages. Runs nothing, and reads nothing outside of the folder.
 * Files are read in pieces of 64 KiB.
 *
 * @returns `sha256:` with 64 digits, the SHA-256 of each file by its path, and their size in bytes
 * @throws GlassineError (as a rejection) `package_refused`: a link that leads out or nowhere
 *   (`unsafe_symlink`), something that is not a regular file, cannot be read or has an unsafe name
 *   (`unsupported_file`), or more files, folders, bytes or levels than allowed
 *   (`package_too_large`). `data` has that `code` and the `path` in the package
 * @throws GlassineError (as a rejection) `options_invalid`
 * @see spec `package:files`
 * @example
 * ```ts
 * import { mkdtemp, writeFile } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { hashPackage } from "glassine/node";
 *
 * const folder = await mkdtemp(join(tmpdir(), "package-"));
 * await writeFile(join(folder, "package.json"), "{}\n");
 * const { hash, files, size } = await hashPackage(folder);
 * console.log(hash.length, [...files.keys()], size); // 71 [ 'package.json' ] 3
 * ```
 */
export async function hashPackage(
  path: string,
  options: HashPackageOptions = {},
): Promise<PackageHash> {
  expectOptions(options, ["bundled"], "hashPackage");
  const bundled = options.bundled ?? [];
  if (!Array.isArray(bundled) || !bundled.every((name) => typeof name === "string"))
    throw optionsInvalid("hashPackage: bundled must be an array of names of packages.");
  return await readPackageFiles(path, options);
}

/**
 * Copies the files of a package that count into a folder, and hashes them while they are read, so
 * that the copy has the returned hash.
 *
 * @param folder exists, and nobody else writes to it
 * @throws GlassineError (as a rejection) `package_refused`: as `hashPackage`, and `copy_failed`
 * @see spec `discovery:copy`
 */
export async function copyPackage(
  path: string,
  folder: string,
  options: HashPackageOptions = {},
): Promise<PackageHash> {
  return await readPackageFiles(path, { ...options, copyTo: folder });
}

async function readPackageFiles(
  path: string,
  options: HashPackageOptions & { readonly copyTo?: string },
): Promise<PackageHash> {
  const { copyTo } = options;
  const root = await folderAt(path);
  const covers = coverageOf(options.bundled ?? (await readBundled(root)));
  const size = packageSize();
  const found = await walkPackage({ root, covers, size });
  if (copyTo !== undefined) await copyFoldersAndLinks(found, copyTo);
  const buffer = new Uint8Array(pieceBytes);
  const records: HashRecord[] = [];
  const files = new Map<string, string>();
  for (const each of found) {
    if (each.kind === "link") records.push(each);
    else {
      const hashed = await hashFile({ root, path: each.path, buffer, size, copyTo });
      records.push({ ...each, ...hashed });
      files.set(each.path, hashed.sha256);
    }
  }
  return { hash: hashRecords(records), files, size: size.bytes };
}

async function copyFoldersAndLinks(found: readonly Found[], copyTo: string): Promise<void> {
  const folders = new Set(found.map(({ path }) => dirname(path)));
  for (const folder of folders)
    await copying(folder, mkdir(join(copyTo, folder), { recursive: true, mode: 0o700 }));
  for (const each of found)
    if (each.kind === "link")
      await copying(each.path, symlink(each.target, join(copyTo, each.path)));
}

/** @throws GlassineError (as a rejection) `package_refused` with `copy_failed` if `work` fails */
async function copying<Done>(path: string, work: Promise<Done>): Promise<Done> {
  try {
    return await work;
  } catch (error) {
    const text = `${shownPath(path)} cannot be copied (${systemCode(error)}).`;
    throw packageRefused("copy_failed", path, text, error);
  }
}

async function folderAt(path: string): Promise<string> {
  try {
    const root = await realpath(path);
    if ((await stat(root)).isDirectory()) return root;
  } catch (error) {
    const text = `The folder of the package cannot be read (${systemCode(error)}).`;
    throw packageRefused("unsupported_file", "", text, error);
  }
  throw packageRefused("unsupported_file", "", "The package is not a folder.");
}

/** A file with the SHA-256 of its bytes, or a link with its target. */
export type HashRecord =
  | { readonly kind: "file"; readonly path: string; readonly size: number; readonly sha256: string }
  | { readonly kind: "link"; readonly path: string; readonly target: string };

const version = "glassine-package-hash-v1";

/**
 * Hashes records, given in any order. Paths and targets contain no NUL or line feed, so different
 * sets of records never have the same text.
 *
 * @see spec `package:framing`
 */
export function hashRecords(records: readonly HashRecord[]): string {
  const sorted = records
    .map((record) => ({ record, key: Buffer.from(record.path) }))
    .sort((a, b) => Buffer.compare(a.key, b.key));
  const hash = createHash("sha256").update(`${version}\n`);
  for (const { record } of sorted) {
    const facts = record.kind === "file" ? [record.size, record.sha256] : [record.target];
    hash.update(`${[record.kind, record.path, ...facts].join("\0")}\n`);
  }
  return `sha256:${hash.digest("hex")}`;
}

/**
 * Checks that the package.json that was read is the one that was hashed.
 *
 * @throws GlassineError `package_refused` with `unsupported_file`
 */
export function expectManifest(sha256: string | undefined, { files }: PackageHash): void {
  if (sha256 !== undefined && sha256 === files.get("package.json")) return;
  const text = "Its package.json changes while it is read.";
  throw packageRefused("unsupported_file", "package.json", text);
}

/**
 * Compares two hashes of one package.
 *
 * @throws GlassineError `package_refused`, with the code `hash_mismatch` and the first path, in the
 *   order of its characters, that was added, removed or changed; empty if it is a link
 * @see spec `package:unchanged`
 */
export function expectSame(before: Omit<PackageHash, "size">, now: PackageHash): void {
  if (now.hash === before.hash) return;
  const [path] = [...before.files.keys(), ...now.files.keys()]
    .filter((each) => before.files.get(each) !== now.files.get(each))
    .sort();
  if (path === undefined) {
    const text = "A link of the package was added, removed or changed since it was hashed.";
    throw packageRefused("hash_mismatch", "", text);
  }
  const left = now.files.has(path) ? "changed" : "removed";
  const how = before.files.has(path) ? left : "added";
  const text = `${shownPath(path)} was ${how} since the package was hashed.`;
  throw packageRefused("hash_mismatch", path, text);
}

interface FileInput {
  readonly root: string;
  readonly path: string;
  readonly buffer: Uint8Array;
  /** Counts the file's bytes before they are read. */
  readonly size: PackageSize;
  /** A folder that gets the same bytes under the same path. The folders inside it exist already. */
  readonly copyTo?: string | undefined;
}

/**
 * Reads a file once more if it changes while it is read.
 *
 * @throws GlassineError `package_refused` with `unsupported_file` or `package_too_large`
 */
export async function hashFile(
  input: FileInput,
): Promise<{ readonly sha256: string; readonly size: number }> {
  const { path, copyTo } = input;
  let counted = 0;
  for (let attempt = 1; attempt <= 2; attempt++) {
    let handle: FileHandle | undefined;
    let copy: FileHandle | undefined;
    try {
      handle = await open(join(input.root, path), readOnly);
      const before = await handle.stat({ bigint: true });
      if (!before.isFile()) throw fileRefused(path, "is no longer a file");
      input.size.addBytes(path, Number(before.size) - counted);
      counted = Number(before.size);
      // Keeps the owner's permission to run it, for files that are programs.
      const mode = (before.mode & 0o100n) === 0n ? 0o600 : 0o700;
      if (copyTo !== undefined) copy = await copying(path, open(join(copyTo, path), "w", mode));
      const sha256 = await digestOf(handle, counted, input, copy);
      if (sha256 !== undefined && isSame(before, await handle.stat({ bigint: true })))
        return { sha256, size: counted };
    } catch (error) {
      if (!(error instanceof Error && "syscall" in error)) throw error;
      throw fileRefused(path, `cannot be read (${systemCode(error)})`, error);
    } finally {
      await Promise.all([handle?.close(), copy && copying(path, copy.close())]);
    }
  }
  throw fileRefused(path, "changes while it is read");
}

/** Writes what is read to the copy, too. `undefined` if the file does not have the stated size. */
async function digestOf(
  handle: FileHandle,
  size: number,
  { path, buffer }: FileInput,
  copy: FileHandle | undefined,
): Promise<string | undefined> {
  const hash = createHash("sha256");
  let total = 0;
  for (;;) {
    const { bytesRead } = await handle.read(buffer, 0, buffer.length);
    if (bytesRead === 0) return total === size ? hash.digest("hex") : undefined;
    total += bytesRead;
    if (total > size) return undefined;
    const piece = buffer.subarray(0, bytesRead);
    hash.update(piece);
    if (copy !== undefined) await copying(path, copy.writeFile(piece));
  }
}

function isSame(before: BigIntStats, after: BigIntStats): boolean {
  return (
    before.size === after.size &&
    before.mtimeNs === after.mtimeNs &&
    before.ctimeNs === after.ctimeNs
  );
}

/**
 * Flags for reading a file of a package: a link in its place is not followed, and a pipe or device
 * is not waited for. Windows has neither flag, and opens none of these as a file.
 */
const readOnly: number =
  constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
