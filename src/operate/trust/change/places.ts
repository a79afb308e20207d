/**
 * Where a lock and its companions are. Links are followed first, so that everybody who changes the
 * same file excludes each other, by whatever name they call it, and writes the same journal.
 *
 * @see spec `journal:beside-the-file`
 */
import { readlink, realpath } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { lockfileFailed, onFile, statsOf } from "./files.ts";

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
