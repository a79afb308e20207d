/** Reads plugins.lock from the disk. Where it cannot be read, nobody concludes that there is none. */
import { constants } from "node:fs";
import { type FileHandle, lstat, open } from "node:fs/promises";
import { GlassineError } from "../../../core/errors/index.ts";
import { systemCode } from "../../packages/index.ts";
import { printable } from "../printable.ts";
import { maxLockfileBytes, parseLockfile } from "./parse-lockfile.ts";
import { fileInvalid } from "./refusals.ts";
import type { Lockfile } from "./types.ts";

/**
 * Reads the lockfile at a path; `undefined` where there is none. A link is followed. At most 5 MiB
 * are read, and no pipe is waited for.
 *
 * @throws GlassineError (as a rejection) `lockfile_invalid`, also for a directory, a link to
 * nowhere and a file that is too large; `lockfile_newer`; `lockfile_failed` where the system does
 * not let it be read (`data`: `path`, `systemCode`)
 * @see spec `lockfile:file`
 * @example
 * ```ts
 * import { mkdtemp, writeFile } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { readLockfile } from "glassine/node";
 *
 * const path = join(await mkdtemp(join(tmpdir(), "lock-")), "plugins.lock");
 * console.log(await readLockfile(path)); // undefined
 * await writeFile(path, "version = 1\n");
 * console.log((await readLockfile(path))?.entries.length); // 0
 * ```
 */
export async function readLockfile(path: string): Promise<Lockfile | undefined> {
  const bytes = await bytesOf(path);
  return bytes === undefined ? undefined : parseLockfile(bytes, path);
}

async function bytesOf(path: string): Promise<Uint8Array | undefined> {
  try {
    // Not blocking: a pipe without a writer would hold the host up. Windows has no such flag.
    const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      return await contentOf(file, path);
    } finally {
      await file.close();
    }
  } catch (error) {
    const code = systemCode(error);
    if (isAbsent(code)) return bytesAfterAll(path, error);
    if (code === "EISDIR") throw isDirectory(path, error);
    if (error instanceof GlassineError) throw error;
    throw new GlassineError(
      "lockfile_failed",
      `${printable(path)} cannot be read: ${code}. Mend its permissions, or those of its folder.`,
      { path, systemCode: code },
      error,
    );
  }
}

/** There was no file: is there none, a link to nowhere, or one that was written just now? */
async function bytesAfterAll(path: string, cause: unknown): Promise<Uint8Array | undefined> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return undefined;
  if (!found.isSymbolicLink()) return bytesOf(path);
  throw fileInvalid(path, "it is a link that leads nowhere; mend or remove it", cause);
}

async function contentOf(file: FileHandle, path: string): Promise<Uint8Array> {
  const stats = await file.stat();
  if (stats.isDirectory()) throw isDirectory(path);
  if (!stats.isFile()) throw fileInvalid(path, "it is not a regular file; put one in its place");
  // A byte above the limit is enough to know that the file is too large.
  const buffer = new Uint8Array(maxLockfileBytes + 1);
  let size = 0;
  while (size < buffer.length) {
    const { bytesRead } = await file.read(buffer, size, buffer.length - size, null);
    if (bytesRead === 0) break;
    size += bytesRead;
  }
  return buffer.subarray(0, size);
}

function isDirectory(path: string, cause?: unknown): GlassineError {
  return fileInvalid(path, "it is a directory; name the file in it", cause);
}

/** Whether a path names something, be it a link to nowhere. What cannot be looked at is there. */
export async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    return !isAbsent(systemCode(error));
  }
}

function isAbsent(code: string): boolean {
  return code === "ENOENT" || code === "ENOTDIR";
}
