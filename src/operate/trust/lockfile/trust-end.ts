/** The day on which trust ends: it holds until that day is over, in UTC. */
import { quoteName } from "../../../core/hooks/index.ts";
import type { LockEntry } from "./types.ts";

const dayMs = 24 * 60 * 60 * 1000;

/** How long before its end an operator is told. */
const warnDays = 14;

/** The day in UTC: `2027-01-31`. */
export function dayOf(time: Date): string {
  return time.toISOString().slice(0, 10);
}

/** A sentence for each entry whose trust ends soon. What has ended is drift. */
export function endingSoon(entries: readonly LockEntry[], now: Date): readonly string[] {
  const today = dayOf(now);
  const soon = dayOf(new Date(now.getTime() + warnDays * dayMs));
  return entries.flatMap(({ id, until }) =>
    until === undefined || until < today || until > soon
      ? []
      : [
          `trust in ${quoteName(id)} ends after ${until}: review it, and trust it again before that`,
        ],
  );
}
