/** Changes a file other than a lock with the same care: whole or not at all, one process at a time. */
import { readFile } from "node:fs/promises";
import { exclusively, removeLeftovers } from "./exclusion.ts";
import { lockPathsOf, onFile, statsOf } from "./files.ts";
import { replaceFile } from "./replace-file.ts";

const waitMs = 10_000;

/**
 * Replaces a file, which need not exist, with the bytes that `make` returns. No other process that
 * uses this function changes the file meanwhile. Links to it stay.
 *
 * @throws GlassineError `lockfile_busy`, or `lockfile_failed` with the name of the file; and
 *   whatever `make` throws. The file is then unchanged.
 */
export async function changeFile(path: string, make: () => Promise<Uint8Array>): Promise<void> {
  const paths = await lockPathsOf(path);
  const { lock: file } = paths;
  const replace = async () => {
    await removeLeftovers(paths);
    const bytes = await make();
    const before = await onFile(file, "read", async () => {
      const stats = await statsOf(file);
      return stats && { bytes: await readFile(file), stats };
    });
    await (await replaceFile(file, bytes, before)).settle();
  };
  // A claim that cannot be removed ends with this process.
  await exclusively(paths, waitMs, replace, () => {});
}
