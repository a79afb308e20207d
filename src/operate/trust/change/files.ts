/** File operations for changes of trust: files are whole or absent, and on disk before it goes on. */
import { createHash, randomBytes } from "node:crypto";
import type { Stats } from "node:fs";
import { type FileHandle, lstat, open, readlink, realpath, rename, unlink } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { GlassineError, isGlassineError } from "../../../core/errors/index.ts";
import { readSmallFile } from "../../packages/index.ts";
import { printable } from "../printable.ts";

/** The mode of new files, less the umask. */
export const newMode = 0o644;

/** Errors of file systems without hard links, or that refuse one for this file. */
export const linksUnsupported: readonly string[] = [
  "EPERM",
  "ENOSYS",
  "ENOTSUP",
  "EOPNOTSUPP",
  "EMLINK",
];

/** A new name next to `path`, which `removeLeftovers` recognises. */
export function temporaryFor(path: string): string {
  return `${path}.${randomBytes(8).toString("hex")}.tmp`;
}

/**
 * The bytes of a file; `undefined` where there is none. Links and pipes are not opened: a folder
 * from somebody else may have them in place of the file.
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
  throw lockfileFailed(path, (shown) => `${shown} ${file.fault}.`, file.cause);
}

/** @throws GlassineError `lockfile_failed` for a folder, pipe, device or link */
export function expectRegular(path: string, stats: Stats): void {
  if (stats.isFile()) return;
  throw lockfileFailed(path, (shown) => `${shown} is not a regular file.`);
}

/**
 * What a file has from its beginning, also where the system hands it out in pieces, which `readFile`
 * of a handle takes for its end.
 */
export async function readWhole(handle: FileHandle, size: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(size);
  for (let length = 0; length < size; ) {
    const { bytesRead } = await handle.read(bytes, length, size - length, length);
    if (bytesRead === 0) return bytes.subarray(0, length);
    length += bytesRead;
  }
  return bytes;
}

/** Writes all bytes, also where the system writes them in pieces. `taken` is called for each. */
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

/** What a new file is to have of one that it replaces. */
export type Kept = Pick<Stats, "mode" | "uid" | "gid">;

/**
 * Makes a file with these bytes and gets them onto the disk. Nothing is left of one that could not
 * be finished.
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

/** Puts a new file in place of another, whole or not at all. It is made next to `neighbour`. */
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

/** Gives a file the owner and the mode of another. The owner is kept where the system lets us. */
async function becomeLike(handle: FileHandle, { mode, uid, gid }: Kept): Promise<void> {
  const own = await handle.stat();
  if (own.uid !== uid || own.gid !== gid) {
    await handle.chown(uid, gid).catch((error) => {
      if (!["EPERM", "EINVAL", "ENOSYS", "ENOTSUP"].includes(systemCode(error) ?? "")) throw error;
    });
  }
  await handle.chmod(mode & 0o7777);
}

/** Gets the names in the folder of `path` onto the disk, where the system can do that. */
export async function syncFolderOf(path: string): Promise<void> {
  let folder: FileHandle;
  try {
    folder = await open(dirname(path), "r");
  } catch (error) {
    // Windows opens no folders, and a folder may be written to but not read.
    if (["EPERM", "EACCES", "EISDIR"].includes(systemCode(error) ?? "")) return;
    throw error;
  }
  try {
    await folder.sync();
  } catch (error) {
    if (!["EINVAL", "ENOTSUP", "EPERM", "EISDIR"].includes(systemCode(error) ?? "")) throw error;
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

/** Removes a file that does no harm if it stays. */
export async function tryRemove(path: string): Promise<void> {
  await unlink(path).catch(() => {});
}

/** What is known of a file, links not followed; `undefined` where there is none. */
export async function statsOf(path: string): Promise<Stats | undefined> {
  try {
    return await lstat(path);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** What the system says of a refusal, such as `ENOSPC`; `undefined` for any other error. */
export function systemCode(error: unknown): string | undefined {
  const isCoded = error instanceof Error && "code" in error && typeof error.code === "string";
  return isCoded ? (error.code as string) : undefined;
}

/**
 * Does one thing to a file. What the system refuses becomes an error that names the file.
 *
 * @param doing in the infinitive: `write`
 * @throws GlassineError `lockfile_failed` with the system's code as `data.systemCode`
 */
export async function onFile<T>(path: string, doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const code = systemCode(error);
    if (isGlassineError(error) || code === undefined) throw error;
    const why = systemMessage(error as Error, code);
    throw lockfileFailed(path, (shown) => `Cannot ${doing} ${shown}: ${why}.`, error);
  }
}

/** `describe` returns the message for a path that is safe to print. */
export function lockfileFailed(
  path: string,
  describe: (shown: string) => string,
  cause?: unknown,
): GlassineError {
  const code = systemCode(isGlassineError(cause) ? cause.cause : cause);
  const data = { path, ...(code === undefined ? {} : { systemCode: code }) };
  return new GlassineError("lockfile_failed", describe(printable(path)), data, cause);
}

/** `ENOSPC: no space left on device`, without the call and the paths behind it. */
function systemMessage({ message }: Error, code: string): string {
  const [words = ""] = message.replace(`${code}: `, "").split(/, \w+|\n/);
  return `${code}: ${words.replace(/\.$/, "")}`;
}

/** The SHA-256 of bytes, or of a string in UTF-8: 64 digits in lower case. */
export function sha256(bytes: Uint8Array | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** The files of one lock. */
export interface Places {
  /** The file itself, no link. It need not be there. */
  readonly lock: string;
  readonly journal: string;
  /** A change that is on its way, or was when its process ended. */
  readonly pending: string;
  /** Who is changing the lock. */
  readonly exclusion: string;
}

const maxLinks = 40;

/** @throws GlassineError `lockfile_failed` where its folder is not there, or links go in a circle */
export async function placesOf(path: string): Promise<Places> {
  const lock = await onFile(path, "find", () => followed(path));
  return {
    lock,
    journal: `${lock}.journal`,
    pending: `${lock}.pending`,
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
  throw lockfileFailed(path, (shown) => `Cannot find ${shown}: its links go in a circle.`);
}
