import { readdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { tryRemove } from "./durable.ts";
import type { Places } from "./places.ts";

/** What stands behind the lock's name: a temporary file, or a right to remove a claim. */
const left = /^(?:\.lck(?:\.[0-9a-f]{16})?)?\.[0-9a-f]{16}\.tmp$|^\.lck\.[0-9a-f]{16}$/;

/**
 * Removes what processes left beside a lock when they ended in the middle. Only for whoever holds
 * the exclusion: then nobody else is writing, and no right to remove a claim is of any use. A
 * process that is about to make its claim makes it again.
 */
export async function removeLeftovers({ lock }: Places): Promise<void> {
  const folder = dirname(lock);
  const name = basename(lock);
  const files = await readdir(folder).catch(() => []);
  const leftovers = files.filter(
    (file) => file.startsWith(name) && left.test(file.slice(name.length)),
  );
  for (const file of leftovers) await tryRemove(join(folder, file));
}
