/** Finds what a package has on disk. Nothing is opened but its folders. */
import type { Dirent } from "node:fs";
import { opendir } from "node:fs/promises";
import { join } from "node:path";
import type { Coverage, FoundKind } from "./covered.ts";
import { decodeForMessage, decodeName, foldedName, nameFault } from "./file-names.ts";
import { type PackageSize, packageLimits, tooMany } from "./package-limits.ts";
import { readPackageLink } from "./package-link.ts";
import { packageRefused, shownPath, systemCode } from "./refused.ts";

/** A file or link of a package, by its path with `/` between the parts. */
export type Found =
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "link"; readonly path: string; readonly target: string };

/** What a walk needs to know. */
export interface WalkInput {
  /** A real path. */
  readonly root: string;
  readonly coverage: Coverage;
  readonly size: PackageSize;
  readonly signal: AbortSignal | undefined;
}

/** A name in a folder, and what it stands for. */
interface Named {
  readonly name: string;
  readonly kind: FoundKind;
}

/**
 * All files and links that count, in an order that is the same for the same package: so is what it
 * is refused for.
 *
 * @throws GlassineError `package_refused`
 */
export async function walkPackage(input: WalkInput): Promise<readonly Found[]> {
  const found: Found[] = [];
  await walkFolder(input, [], found);
  return found;
}

async function walkFolder(
  input: WalkInput,
  above: readonly string[],
  found: Found[],
): Promise<void> {
  input.signal?.throwIfAborted();
  const folder = above.join("/");
  const names = await namesIn(input, above);
  for (const { name, kind } of names) {
    const path = folder === "" ? name : `${folder}/${name}`;
    if (kind === "other") {
      const text = `${shownPath(path)} is not a file, folder or link.`;
      throw packageRefused("unsupported_file", path, text);
    }
    if (kind === "folder") {
      input.size.addFolder(path);
      await walkFolder(input, [...above, name], found);
      continue;
    }
    input.size.addFile(path);
    if (kind === "file") found.push({ kind, path });
    else {
      const target = await readPackageLink(input.root, path, input.coverage);
      found.push({ kind, path, target });
    }
  }
}

/** The names in a folder that count, sorted, each of them one that every system holds. */
async function namesIn(input: WalkInput, above: readonly string[]): Promise<readonly Named[]> {
  const names: Named[] = [];
  const byFolded = new Map<string, string>();
  for (const { bytes, kind } of await readFolder(input, above)) {
    const name = decodeName(bytes);
    const path = [...above, name ?? decodeForMessage(bytes)].join("/");
    const refuse = (text: string) =>
      packageRefused("unsupported_file", path, `${shownPath(path)} ${text}.`);
    if (name === undefined) throw refuse("has a name that is not UTF-8");
    const fault = nameFault(name);
    if (fault !== undefined) throw refuse(fault);
    const folded = foldedName(name);
    const other = byFolded.get(folded);
    if (other !== undefined) throw refuse(`and ${shownPath(other)} are one name on some systems`);
    byFolded.set(folded, name);
    names.push({ name, kind });
  }
  return names;
}

/** With names as bytes: one that is not UTF-8 would come as another than it is. */
type BytesEntry = Omit<Dirent, "name"> & { readonly name: Uint8Array };

interface Entry {
  readonly bytes: Uint8Array;
  readonly kind: FoundKind;
}

const mostEntries = 2 * packageLimits.files;

/** What counts of a folder, sorted by bytes. One with more than a package may have is left. */
async function readFolder(
  { root, coverage }: WalkInput,
  above: readonly string[],
): Promise<readonly Entry[]> {
  const folder = above.join("/");
  const entries: Entry[] = [];
  try {
    for await (const entry of await openFolder(join(root, folder))) {
      const kind = kindOf(entry);
      if (!coverage.covers([...above, decodeForMessage(entry.name)], kind)) continue;
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
  // Node's types leave out that opendir takes the encoding buffer.
  return (await opendir(path, options)) as unknown as AsyncIterable<BytesEntry>;
}

function kindOf(entry: BytesEntry): FoundKind {
  if (entry.isFile()) return "file";
  if (entry.isDirectory()) return "folder";
  return entry.isSymbolicLink() ? "link" : "other";
}
