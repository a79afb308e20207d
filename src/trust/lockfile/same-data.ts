/** Whether two entries of a lockfile, or parts of them, say the same. */
import equal from "fast-deep-equal";
import type { LockEntry } from "./types.ts";

/** Whether two entries say the same. A field that is `undefined` is not there. */
export function sameEntry(a: LockEntry, b: LockEntry | undefined): boolean {
  return b !== undefined && equal(known(a), known(b));
}

/** Whether two grants say the same: both are sorted. */
export function sameGrant(a: LockEntry["capabilities"], b: LockEntry["capabilities"]): boolean {
  return equal(a, b);
}

function known({ capabilities, ...texts }: LockEntry): LockEntry {
  return capabilities === undefined ? texts : { ...texts, capabilities };
}
