/** The SHA-256 of one file, read in pieces. */
import { createHash } from "node:crypto";
import { type BigIntStats, constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import type { PackageSize } from "./package-limits.ts";
import { packageRefused, shownPath, systemCode, throwCopyFailed } from "./refused.ts";

/** A file as it was read. */
export interface HashedFile {
  readonly sha256: string;
  /** In bytes. */
  readonly size: number;
}

/** What reading a file of a package takes. */
export interface FileInput {
  readonly root: string;
  readonly path: string;
  /** The pieces are read into it. */
  readonly buffer: Uint8Array;
  /** Counts its bytes before they are read. */
  readonly size: PackageSize;
  readonly signal: AbortSignal | undefined;
  /** A folder that gets the same bytes under the same path. The folders of that are there. */
  readonly copyTo?: string | undefined;
}

/**
 * A file that becomes another while it is read is read once more.
 *
 * @throws GlassineError `package_refused` with `unsupported_file` or `package_too_large`
 */
export async function hashFile(input: FileInput): Promise<HashedFile> {
  const { path } = input;
  const refuse = (text: string, cause?: unknown) =>
    packageRefused("unsupported_file", path, `${shownPath(path)} ${text}.`, cause);
  let counted = 0;
  for (let attempt = 1; attempt <= 2; attempt++) {
    let handle: FileHandle | undefined;
    try {
      handle = await open(join(input.root, path), readOnly);
      const before = await handle.stat({ bigint: true });
      if (!before.isFile()) throw refuse("is no longer a file");
      input.size.addBytes(path, Number(before.size) - counted);
      counted = Number(before.size);
      const sha256 = await copied(input, before, (take) =>
        digestOf(handle as FileHandle, counted, input, take),
      );
      if (sha256 !== undefined && isSame(before, await handle.stat({ bigint: true })))
        return { sha256, size: counted };
    } catch (error) {
      throw isSystemError(error) ? refuse(`cannot be read (${systemCode(error)})`, error) : error;
    } finally {
      await handle?.close();
    }
  }
  throw refuse("changes while it is read");
}

type Take = (piece: Uint8Array) => Promise<unknown>;

/** Writes each piece that is read to the copy, if one is wanted. */
async function copied(
  { copyTo, path }: FileInput,
  { mode }: BigIntStats,
  read: (take: Take) => Promise<string | undefined>,
): Promise<string | undefined> {
  if (copyTo === undefined) return await read(async () => {});
  // What the owner may run can be run as a program of its own.
  const isProgram = (mode & 0o100n) !== 0n;
  const copying = <Done>(work: Promise<Done>) =>
    work.catch((error) => throwCopyFailed(path, error));
  const copy = await copying(open(join(copyTo, path), "w", isProgram ? 0o700 : 0o600));
  try {
    return await read((piece) => copying(copy.writeFile(piece)));
  } finally {
    await copying(copy.close());
  }
}

/** `undefined` where the file has not the bytes that it said. */
async function digestOf(
  handle: FileHandle,
  size: number,
  { buffer, signal }: FileInput,
  take: Take,
): Promise<string | undefined> {
  const hash = createHash("sha256");
  let total = 0;
  for (;;) {
    signal?.throwIfAborted();
    const { bytesRead } = await handle.read(buffer, 0, buffer.length);
    if (bytesRead === 0) return total === size ? hash.digest("hex") : undefined;
    total += bytesRead;
    if (total > size) return undefined;
    const piece = buffer.subarray(0, bytesRead);
    hash.update(piece);
    await take(piece);
  }
}

function isSame(before: BigIntStats, after: BigIntStats): boolean {
  return (
    before.size === after.size &&
    before.mtimeNs === after.mtimeNs &&
    before.ctimeNs === after.ctimeNs
  );
}

function isSystemError(error: unknown): boolean {
  return error instanceof Error && "syscall" in error;
}

/**
 * To open a file of a package for reading: a link in its place is not followed, and a pipe or
 * device is not waited for. Windows has neither flag, and opens none of them as a file.
 */
const readOnly: number =
  constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
