/**
 * A clock of which no two looks tell the same time.
 *
 * A hop that names no time gets that of its reading. On the real clock two readings are at times
 * within one millisecond and at times not, so what holds in one run of a law would not in another.
 */
export function tickingClock(start: number): () => number {
  let now = start;
  return () => now++;
}
