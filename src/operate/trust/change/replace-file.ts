/**
 * Puts a file in place of another, in a way that can be undone without room on the disk. The package
 * write-file-atomic is not used: it undoes nothing, and does not flush the folder.
 */
import { constants, type Stats } from "node:fs";
import { access, link, rename } from "node:fs/promises";
import {
  linksUnsupported,
  makeFile,
  newMode,
  onFile,
  remove,
  syncFolderOf,
  systemCode,
  temporaryFor,
  tryRemove,
} from "./files.ts";

export interface Before {
  readonly bytes: Uint8Array;
  readonly stats: Stats;
}

export interface Replaced {
  /** Puts back what was there. It never throws: false where the system refuses. */
  undo(): Promise<boolean>;
  /** Gives up what was there. */
  settle(): Promise<void>;
}

/**
 * The new file is on the disk before it gets the name, so that the name is always that of a whole
 * file, old or new. It keeps the mode and, where the system lets us, the owner of the old one.
 *
 * @throws GlassineError `lockfile_failed`; then the old file is in its place
 */
export async function replaceFile(
  path: string,
  bytes: Uint8Array,
  before: Before | undefined,
): Promise<Replaced> {
  return onFile(path, "write", async () => {
    // Whoever took the right to write from the file did not mean that it is replaced.
    if (before !== undefined) await access(path, constants.W_OK);
    const made = temporaryFor(path);
    await makeFile(made, bytes, before?.stats ?? newMode);
    let kept: string | undefined;
    try {
      kept = before === undefined ? undefined : await secondName(path);
      await rename(made, path);
    } catch (error) {
      await tryRemove(made);
      if (kept !== undefined) await tryRemove(kept);
      throw error;
    }
    const replaced: Replaced = {
      undo: () => putBack(path, before, kept),
      settle: async () => {
        if (kept !== undefined) await tryRemove(kept);
      },
    };
    try {
      await syncFolderOf(path);
    } catch (error) {
      if (await replaced.undo()) throw error;
      // It could not be put back either, so it counts as made.
    }
    return replaced;
  });
}

/** Another name for the old file, under which it outlives its replacement. */
async function secondName(path: string): Promise<string | undefined> {
  const name = temporaryFor(path);
  try {
    await link(path, name);
    return name;
  } catch (error) {
    if (linksUnsupported.includes(systemCode(error) ?? "")) return undefined;
    throw error;
  }
}

async function putBack(
  path: string,
  before: Before | undefined,
  kept: string | undefined,
): Promise<boolean> {
  try {
    if (before === undefined) {
      await remove(path);
    } else if (kept !== undefined) {
      await rename(kept, path);
    } else {
      const made = temporaryFor(path);
      await makeFile(made, before.bytes, before.stats);
      await rename(made, path);
    }
  } catch {
    return false;
  }
  await syncFolderOf(path).catch(() => {});
  return true;
}
