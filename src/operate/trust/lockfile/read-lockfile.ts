/** Reads plugins.lock from the disk. Where it cannot be read, nobody concludes that there is none. */
import { lstat } from "node:fs/promises";
import { GlassineError } from "../../../core/errors/index.ts";
import { readSmallFile, systemCode } from "../../packages/index.ts";
import { printable } from "../printable.ts";
import { maxLockfileBytes, parseLockfile, tooLarge } from "./parse-lockfile.ts";
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
  const file = await readSmallFile(path, { maxBytes: maxLockfileBytes, followLinks: true });
  if ("bytes" in file) return parseLockfile(file.bytes, path);
  const { why, code, cause } = file;
  if (why === "directory") throw fileInvalid(path, "it is a directory; name the file in it");
  if (why === "irregular")
    throw fileInvalid(path, "it is not a regular file; put one in its place");
  if (why === "large") throw tooLarge(path);
  if (why === "refused" && code !== "ENOTDIR") {
    const text = `${printable(path)} cannot be read: ${code}. Mend its permissions, or those of its folder.`;
    throw new GlassineError("lockfile_failed", text, { path, systemCode: code }, cause);
  }
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return undefined;
  // It was written just now.
  if (!found.isSymbolicLink()) return readLockfile(path);
  throw fileInvalid(path, "it is a link that leads nowhere; mend or remove it", cause);
}

/** Whether a path names something, be it a link to nowhere. What cannot be looked at is there. */
export async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    (error) => !["ENOENT", "ENOTDIR"].includes(systemCode(error)),
  );
}
