const start = Date.UTC(2026, 0, 1);
let next = start;

/**
 * A clock that never shows the same time twice.
 *
 * A hop that names no time gets that of its reading. On the real clock two readings are at times
 * within one millisecond and at times not, so what holds in one run of a law would not in another.
 */
export const tickingClock = (): number => next++;

/** Files of laws share a process, and the sources keep the clock they found: each begins anew. */
export function restartClock(): void {
  next = start;
}
