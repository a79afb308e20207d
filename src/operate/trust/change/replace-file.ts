/**
 * Replaces a file in a way that can be undone even if the disk is full. The package
 * write-file-atomic is not used: it cannot undo anything, and does not flush the folder.
 */
import { constants, type Stats } from "node:fs";
import { access, readFile, rename } from "node:fs/promises";
import { exclusively, removeLeftovers } from "./exclusion.ts";
import {
  linkOrCopy,
  lockPathsOf,
  makeFile,
  newMode,
  onFile,
  remove,
  statsOf,
  syncFolderOf,
  temporaryFor,
  tryRemove,
} from "./files.ts";

export interface Before {
  readonly bytes: Uint8Array;
  readonly stats: Stats;
}

export interface Replaced {
  /** Puts back what was there. Never throws; returns false if the system refuses. */
  undo(): Promise<boolean>;
  /** Discards what was there. */
  settle(): Promise<void>;
}

/**
 * Replaces a file. The new one is on disk before it gets the name, so the name always belongs to a
 * whole file, old or new. It keeps the old one's mode and, if the system allows it, its owner.
 *
 * @throws GlassineError `lockfile_failed`; the old file is then in its place
 */
export async function replaceFile(
  path: string,
  bytes: Uint8Array,
  before: Before | undefined,
): Promise<Replaced> {
  return onFile(path, "write", async () => {
    // Whoever made the file read-only did not want it to be replaced.
    if (before !== undefined) await access(path, constants.W_OK);
    const made = temporaryFor(path);
    await makeFile(made, bytes, before?.stats ?? newMode);
    /** The name under which the old file, if there is one, outlives its replacement. */
    const kept = temporaryFor(path);
    try {
      if (before !== undefined) await linkOrCopy(path, kept, before.bytes, before.stats);
      await rename(made, path);
    } catch (error) {
      await tryRemove(made);
      await tryRemove(kept);
      throw error;
    }
    const replaced: Replaced = {
      undo: () => putBack(path, before && kept),
      settle: () => tryRemove(kept),
    };
    try {
      await syncFolderOf(path);
    } catch (error) {
      if (await replaced.undo()) throw error;
      // The old file could not be put back either, so the change counts as made.
    }
    return replaced;
  });
}

async function putBack(path: string, kept: string | undefined): Promise<boolean> {
  try {
    if (kept === undefined) await remove(path);
    else await rename(kept, path);
  } catch {
    return false;
  }
  await syncFolderOf(path).catch(() => {});
  return true;
}

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
