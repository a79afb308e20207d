/** Whether two entries of a lockfile, or parts of them, say the same. */
import equal from "fast-deep-equal";
import type { OptionalField } from "./entry-rules.ts";
import type { LockEntry } from "./types.ts";

/** Whether two entries say the same. A field that is `undefined` is not there. */
export function sameEntry(a: LockEntry, b: LockEntry | undefined): boolean {
  return b !== undefined && equal(known(a), known(b));
}

/** Whether two values of one key say the same: grants are sorted. */
export function sameValue(a: LockEntry[OptionalField], b: LockEntry[OptionalField]): boolean {
  return equal(a, b);
}

function known(entry: LockEntry): object {
  return Object.fromEntries(Object.entries(entry).filter(([, value]) => value !== undefined));
}
