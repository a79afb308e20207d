/** Reads a lock and its journal as they belong together. */
import type { Lockfile } from "../lockfile/entry-rules.ts";
import { readLockfile } from "../lockfile/read-lockfile.ts";
import { readTrustJournal, type TrustJournal } from "./journal-file.ts";
import { pendingChange } from "./pending.ts";

const pauseMs = 25;
const maxTries = 40;

/**
 * Reads again while another process changes the two, which it does one after the other. What is
 * returned may not belong together if that takes more than a second.
 *
 * @throws GlassineError as `readLockfile` and `readTrustJournal` do
 */
export async function readLockWithJournal(
  path: string,
): Promise<{ readonly lock: Lockfile | undefined; readonly journal: TrustJournal }> {
  for (let tries = 1; ; tries++) {
    const lock = await readLockfile(path);
    // There is a record from before the lock is replaced until the journal has its lines.
    const change = await pendingChange(path).catch(() => undefined);
    const journal = await readTrustJournal(path);
    const after = await readLockfile(path);
    const isSettled = change !== "in progress" && lock?.text === after?.text;
    if (isSettled || tries === maxTries) return { lock, journal };
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}
