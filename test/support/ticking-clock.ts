const start = Date.UTC(2026, 0, 1);
let next = start;

/**
 * A clock that never shows the same time twice.
 *
 * A hop without a time gets the time at which it is read. On the real clock, two reads sometimes
 * fall within one millisecond and sometimes do not, so a law could hold in one run but not another.
 */
export const tickingClock = (): number => next++;

/** Restarts the clock for each file of laws, because they share a process and the sources. */
export function restartClock(): void {
  next = start;
}
