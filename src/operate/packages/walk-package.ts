/** Finds what a package has on disk, within limits. Opens only its folders. */
import type { Dirent } from "node:fs";
import { lstat, opendir, readlink, realpath } from "node:fs/promises";
import { isAbsolute, join, posix, relative, sep } from "node:path";
import { decodeForMessage, foldedName, nameFault } from "./file-names.ts";
import { fileRefused, packageRefused, shownPath, systemCode } from "./refused.ts";
import { textIn } from "./small-file.ts";

/** A package beyond any of these limits has no hash. */
export const packageLimits = Object.freeze({
  /** For files and links together, and for folders separately. */
  files: 20_000,
  /** The size of all files together, in MiB. */
  mebibytes: 512,
  /** Parts of a path. */
  depth: 64,
});

/** Where installers put the dependencies of a package. */
const dependenciesFolder = "node_modules";
const versionControl = ".git";
/** These sign the hash, so they cannot be part of it. They are verified separately. */
const evidence = ["glassine.sig.json", "glassine.sigstore.json"];

// `a` and `@a/b`. Anything else would name part of a package, or a whole scope.
const packageName = /^(?:@[^/]+\/)?[^@/][^/]*$/;

type FoundKind = "file" | "folder" | "link" | "other";

/** Whether a path, given by its parts and what is there, counts for a package's hash. */
export type Coverage = (parts: readonly string[], kind: FoundKind) => boolean;

/**
 * Leaves out names only at the root, and the folder of dependencies except for the packages that
 * the package bundles. Below the root these names are like any other, so that they hide no code.
 *
 * Bundled names are compared as a case-insensitive system would look them up.
 */
export function coverageOf(bundled: readonly string[]): Coverage {
  const names = bundled
    .filter((name) => packageName.test(name))
    .map((name) => foldedName(name).split("/"));
  /** Whether a path is a bundled package, inside one, or the scope around one. */
  const meetsBundled = (path: readonly string[]): boolean => {
    const folded = path.map(foldedName);
    return names.some((name) => folded.every((part, at) => at >= name.length || part === name[at]));
  };
  return (parts, kind) => {
    const [first, ...rest] = parts;
    if (first === versionControl)
      return parts.length === 1 && (kind === "link" || kind === "other");
    if (parts.length === 1 && kind === "file") return !evidence.includes(first as string);
    const isDependency = first === dependenciesFolder && (rest.length > 0 || kind === "folder");
    return isDependency ? meetsBundled(rest) : true;
  };
}

/** A file or link of a package, by its path with `/` between the parts. */
export type Found =
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "link"; readonly path: string; readonly target: string };

export interface WalkInput {
  /** A real path. */
  readonly root: string;
  readonly covers: Coverage;
  readonly size: PackageSize;
}

/**
 * Returns all files and links that count, always in the same order, so that a package is always
 * refused for the same reason.
 *
 * @param above the path of the folder that is walked, in parts
 * @throws GlassineError `package_refused`
 */
export async function walkPackage(
  input: WalkInput,
  above: readonly string[] = [],
): Promise<readonly Found[]> {
  const found: Found[] = [];
  for (const { name, kind } of await namesIn(input, above)) {
    const parts = [...above, name];
    const path = parts.join("/");
    if (kind === "other") throw fileRefused(path, "is not a file, folder or link");
    if (kind === "folder") {
      input.size.add("folders", path);
      found.push(...(await walkPackage(input, parts)));
      continue;
    }
    input.size.add("files", path);
    if (kind === "file") found.push({ kind, path });
    else {
      const target = await readPackageLink(input.root, path, input.covers);
      found.push({ kind, path, target });
    }
  }
  return found;
}

/** The names in a folder that count, sorted. Each is valid on every system. */
async function namesIn(input: WalkInput, above: readonly string[]) {
  const byFolded = new Map<string, string>();
  return (await readFolder(input, above)).map(({ bytes, kind }) => {
    const name = textIn(bytes);
    const path = [...above, name ?? decodeForMessage(bytes)].join("/");
    if (name === undefined) throw fileRefused(path, "has a name that is not UTF-8");
    const fault = nameFault(name);
    if (fault !== undefined) throw fileRefused(path, fault);
    const folded = foldedName(name);
    const other = byFolded.get(folded);
    if (other !== undefined)
      throw fileRefused(path, `and ${shownPath(other)} are one name on some systems`);
    byFolded.set(folded, name);
    return { name, kind };
  });
}

/** With names as bytes, because decoding would change one that is not UTF-8. */
type BytesEntry = Omit<Dirent, "name"> & { readonly name: Uint8Array };

const mostEntries = 2 * packageLimits.files;

/** The entries of a folder that count, sorted by bytes. Stops at more than a package may have. */
async function readFolder({ root, covers }: WalkInput, above: readonly string[]) {
  const folder = above.join("/");
  const entries: { readonly bytes: Uint8Array; readonly kind: FoundKind }[] = [];
  try {
    for await (const entry of await openFolder(join(root, folder))) {
      const kind = kindOf(entry);
      if (!covers([...above, decodeForMessage(entry.name)], kind)) continue;
      entries.push({ bytes: entry.name, kind });
      if (entries.length > mostEntries) break;
    }
  } catch (error) {
    const shown = folder === "" ? "The package" : shownPath(folder);
    const text = `${shown} cannot be read (${systemCode(error)}).`;
    throw packageRefused("unsupported_file", folder, text, error);
  }
  if (entries.length > mostEntries) throw tooMany("files");
  return entries.sort((a, b) => Buffer.compare(a.bytes, b.bytes));
}

async function openFolder(path: string): Promise<AsyncIterable<BytesEntry>> {
  const options = { encoding: "buffer" as BufferEncoding, bufferSize: 256 };
  // Node's types do not say that `opendir` takes the encoding `buffer`.
  return (await opendir(path, options)) as unknown as AsyncIterable<BytesEntry>;
}

function kindOf(entry: BytesEntry): FoundKind {
  if (entry.isFile()) return "file";
  if (entry.isDirectory()) return "folder";
  return entry.isSymbolicLink() ? "link" : "other";
}

/**
 * Returns the target of the link at `path`, as it is stored. A target whose text leads out of the
 * package is refused before it is followed.
 *
 * @throws GlassineError `package_refused` with `unsafe_symlink` or `unsupported_file`
 */
async function readPackageLink(root: string, path: string, covers: Coverage): Promise<string> {
  const target = await readTarget(root, path);
  const unsafe = (text: string, cause?: unknown) =>
    packageRefused("unsafe_symlink", path, `${shownPath(path)} is a link ${text}.`, cause);
  if (isAbsolute(target) || posix.isAbsolute(target)) throw unsafe("with an absolute target");
  const parts = posix.join(posix.dirname(path), target).split("/");
  if (parts[0] === "..") throw unsafe("that leads out of the package");
  let real: string;
  try {
    real = await realpath(join(root, path));
  } catch (error) {
    throw unsafe(`that leads nowhere (${systemCode(error)})`, error);
  }
  const inside = relative(root, real);
  const realParts = inside.split(sep);
  if (isAbsolute(inside) || realParts[0] === "..") throw unsafe("that leads out of the package");
  // A folder with two names could be hashed under one and loaded under the other.
  if (!(await lstat(real)).isFile()) throw unsafe("to something that is not a file");
  const counts = covers(parts, "file") && covers(realParts, "file");
  if (!counts) throw unsafe("to a file that is not part of the package's hash");
  return target;
}

async function readTarget(root: string, path: string): Promise<string> {
  let bytes: Uint8Array;
  try {
    bytes = await readlink(join(root, path), "buffer");
  } catch (error) {
    throw fileRefused(path, `is a link that cannot be read (${systemCode(error)})`, error);
  }
  const text = textIn(bytes);
  if (text === undefined) throw fileRefused(path, "is a link whose target is not UTF-8");
  const target = sep === "/" ? text : text.replaceAll(sep, "/");
  for (const part of target.split("/")) {
    if (part === "" || part === "." || part === "..") continue;
    // Such as the name of a drive, which is not valid on every system.
    const fault = nameFault(part);
    if (fault === undefined) continue;
    const shown = shownPath(decodeForMessage(bytes));
    throw packageRefused(
      "unsafe_symlink",
      path,
      `${shownPath(path)} is a link to ${shown}, which ${fault}.`,
    );
  }
  return target;
}

/** Counts what a package has while it is read. Throws `package_refused` if that is too much. */
export function packageSize() {
  const counts = { files: 0, folders: 0 };
  let bytes = 0;
  return {
    /** Counts a file, a link or a folder. */
    add(what: keyof typeof counts, path: string): void {
      counts[what] += 1;
      if (counts[what] > packageLimits.files) throw tooMany(what);
      if (path.split("/").length > packageLimits.depth)
        throw tooLarge(path, `${shownPath(path)} is more than ${packageLimits.depth} levels deep.`);
    },
    /** Called before bytes are read: a sparse file can claim more than can be read. */
    addBytes(path: string, more: number): void {
      bytes += more;
      if (bytes <= packageLimits.mebibytes * 1024 * 1024) return;
      const limit = `${packageLimits.mebibytes} MiB`;
      throw tooLarge(path, `With ${shownPath(path)} the package has more than ${limit}.`);
    },
    get bytes() {
      return bytes;
    },
  };
}

export type PackageSize = ReturnType<typeof packageSize>;

/** The error for more files or folders than a package may have. */
function tooMany(what: "files" | "folders"): Error {
  return tooLarge("", `The package has more than ${packageLimits.files} ${what}.`);
}

function tooLarge(path: string, text: string): Error {
  return packageRefused("package_too_large", path, text);
}
