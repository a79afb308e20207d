/** File operations for trust changes. They leave a file whole or absent, and flush it to disk. */
import { createHash, randomBytes } from "node:crypto";
import type { Stats } from "node:fs";
import {
  type FileHandle,
  link,
  lstat,
  open,
  readlink,
  realpath,
  rename,
  unlink,
} from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { GlassineError, isGlassineError } from "../../../core/errors/index.ts";
import { readSmallFile, systemCode } from "../../packages/index.ts";
import { adviceOn } from "../lockfile/refusals.ts";
import { printable } from "../printable.ts";

/** The mode of new files, less the umask. */
export const newMode = 0o644;

/** A new name next to `path`, in the form that `removeLeftovers` recognizes. */
export function temporaryFor(path: string): string {
  return `${path}.${randomBytes(8).toString("hex")}.tmp`;
}

/**
 * Returns the bytes of a file, or `undefined` if there is none. Refuses links and pipes, which a
 * folder from somebody else may have in place of the file.
 *
 * @throws GlassineError `lockfile_failed`
 */
export async function readFileWhole(
  path: string,
  maxBytes: number,
): Promise<Uint8Array | undefined> {
  const file = await readSmallFile(path, { maxBytes, followLinks: false });
  if ("bytes" in file) return file.bytes;
  if (file.why === "absent") return undefined;
  const advice = file.why === "refused" ? adviceOn(file.code) : moveAway;
  throw lockfileFailed(path, `${printable(path)} ${file.fault}.${advice}`, file.cause);
}

/** @throws GlassineError `lockfile_failed` for a folder, pipe, device or link */
export function expectRegular(path: string, stats: Stats): void {
  if (stats.isFile()) return;
  throw lockfileFailed(path, `${printable(path)} is not a regular file.${moveAway}`);
}

/** For what cannot be one of the files of a lock. A journal is never to be thrown away. */
export const moveAway = " Move it away, and keep it.";

/** Writes all bytes, even if the system writes them in pieces. Calls `taken` for each piece. */
export async function writeWhole(
  handle: FileHandle,
  bytes: Uint8Array,
  taken: (count: number) => void = () => {},
): Promise<void> {
  for (let from = 0; from < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, from, bytes.length - from);
    taken(bytesWritten);
    from += bytesWritten;
  }
}

/** What a new file keeps from the one that it replaces. */
export type Kept = Pick<Stats, "mode" | "uid" | "gid">;

/**
 * Creates a file with these bytes and flushes them to disk. If that fails, nothing is left of it.
 *
 * @param like the file it will replace, or the mode of a new one, less the umask
 */
export async function makeFile(
  path: string,
  bytes: Uint8Array,
  like: Kept | number,
): Promise<void> {
  const mode = typeof like === "number" ? like : 0o600;
  const handle = await open(path, "wx", mode);
  try {
    try {
      await writeWhole(handle, bytes);
      if (typeof like !== "number") await becomeLike(handle, like);
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    await tryRemove(path);
    throw error;
  }
}

/** Error codes of file systems that have no hard links, or refuse one for this file. */
const linksUnsupported: readonly string[] = ["EPERM", "ENOSYS", "ENOTSUP", "EOPNOTSUPP", "EMLINK"];

/** Gives a file another name or, if the file system has no links, makes a copy with that name. */
export async function linkOrCopy(
  path: string,
  name: string,
  bytes: Uint8Array,
  like: Kept | number,
): Promise<void> {
  await link(path, name).catch(async (error: unknown) => {
    if (!linksUnsupported.includes(systemCode(error))) throw error;
    await makeFile(name, bytes, like);
  });
}

/** Replaces a file, whole or not at all. The new one is first made next to `neighbour`. */
export async function putInPlace(
  path: string,
  bytes: Uint8Array,
  like: Kept | number,
  neighbour = path,
): Promise<void> {
  const made = temporaryFor(neighbour);
  await makeFile(made, bytes, like);
  try {
    await rename(made, path);
  } catch (error) {
    await tryRemove(made);
    throw error;
  }
  await syncFolderOf(path);
}

/** Gives a file the mode of another and, if the system allows it, the owner. */
async function becomeLike(handle: FileHandle, { mode, uid, gid }: Kept): Promise<void> {
  const own = await handle.stat();
  if (own.uid !== uid || own.gid !== gid) {
    await handle.chown(uid, gid).catch((error) => {
      if (!["EPERM", "EINVAL", "ENOSYS", "ENOTSUP"].includes(systemCode(error))) throw error;
    });
  }
  await handle.chmod(mode & 0o7777);
}

/** Flushes the folder of `path` to disk, if the system supports that. */
export async function syncFolderOf(path: string): Promise<void> {
  let folder: FileHandle;
  try {
    folder = await open(dirname(path), "r");
  } catch (error) {
    // Windows cannot open folders, and a folder may be writable but not readable.
    if (["EPERM", "EACCES", "EISDIR"].includes(systemCode(error))) return;
    throw error;
  }
  try {
    await folder.sync();
  } catch (error) {
    if (!["EINVAL", "ENOTSUP", "EPERM", "EISDIR"].includes(systemCode(error))) throw error;
  } finally {
    await folder.close();
  }
}

/** Removes a file, if it is there. */
export async function remove(path: string): Promise<void> {
  await unlink(path).catch((error) => {
    if (systemCode(error) !== "ENOENT") throw error;
  });
}

/** Tries to remove a file that does no harm if it stays. */
export async function tryRemove(path: string): Promise<void> {
  await unlink(path).catch(() => {});
}

/** Returns a file's stats, without following links, or `undefined` if there is none. */
export async function statsOf(path: string): Promise<Stats | undefined> {
  try {
    return await lstat(path);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

/**
 * Runs one operation on a file. A system error becomes an error that names the file.
 *
 * @param doing the operation, in the infinitive: `write`
 * @throws GlassineError `lockfile_failed` with the system's code as `data.systemCode`
 */
export async function onFile<T>(path: string, doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (isGlassineError(error) || code === undefined) throw error;
    const why = systemMessage(error as Error, code);
    const text = `Cannot ${doing} ${printable(path)}: ${why}.${adviceOn(code)}`;
    throw lockfileFailed(path, text, error);
  }
}

export function lockfileFailed(path: string, message: string, cause?: unknown): GlassineError {
  const { code } = Object(isGlassineError(cause) ? cause.cause : cause);
  const data = { path, ...(code === undefined ? {} : { systemCode: code }) };
  return new GlassineError("lockfile_failed", message, data, cause);
}

/** Returns `ENOSPC: no space left on device`, without the call and paths that Node appends. */
function systemMessage({ message }: Error, code: string): string {
  const [words = ""] = message.replace(`${code}: `, "").split(/, \w+|\n/);
  return `${code}: ${words.replace(/\.$/, "")}`;
}

/** The SHA-256 of bytes, or of a string in UTF-8: 64 digits in lower case. */
export function sha256(bytes: Uint8Array | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** The files of one lock. */
export type LockPaths = Awaited<ReturnType<typeof lockPathsOf>>;

const maxLinks = 40;

/** @throws GlassineError `lockfile_failed` if its folder does not exist, or links form a circle */
export async function lockPathsOf(path: string) {
  const lock = await onFile(path, "find", () => followed(path));
  return {
    /** The file itself, after links are followed. It need not exist. */
    lock,
    journal: `${lock}.journal`,
    /** The record of a change that is in progress, or was when its process ended. */
    pending: `${lock}.pending`,
    /** The claim of the process that is changing the lock. */
    exclusion: `${lock}.lck`,
  };
}

async function followed(path: string): Promise<string> {
  let at = resolve(path);
  for (let links = 0; links <= maxLinks; links++) {
    const folder = await realpath(dirname(at));
    at = join(folder, basename(at));
    const stats = await statsOf(at);
    if (!stats?.isSymbolicLink()) return at;
    at = resolve(folder, await readlink(at));
  }
  const text = `Cannot find ${printable(path)}: its links form a loop.${adviceOn("ELOOP")}`;
  throw lockfileFailed(path, text);
}
