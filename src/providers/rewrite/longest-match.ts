/** Finds the longest common subsequence of two lists of strings. */

/** An index in the old list, or `undefined`. */
export type Place = number | undefined;

/**
 * How many occurrences of a frequent string are considered: those with the nearest ordinals.
 * Considering all would take quadratic time, and equal strings are interchangeable.
 */
const mostPlaces = 64;

interface Link {
  readonly at: number;
  readonly i: number;
  readonly before: Link | undefined;
}

/**
 * Returns, for each string of `after`, its index in `before`, or `undefined`. The indexes form a
 * longest common subsequence. `undefined` entries never match.
 */
// J. W. Hunt and T. G. Szymanski, A fast algorithm for computing longest common subsequences, 1977.
export function longestMatch(
  before: readonly (string | undefined)[],
  after: readonly (string | undefined)[],
): readonly Place[] {
  const isEqual = (at: number, i: number) => before[at] !== undefined && before[at] === after[i];
  const places = new Array<Place>(after.length).fill(undefined);
  const shorter = Math.min(before.length, after.length);
  let begin = 0;
  for (; begin < shorter && isEqual(begin, begin); begin++) places[begin] = begin;
  let oldEnd = before.length;
  let newEnd = after.length;
  for (; oldEnd > begin && newEnd > begin && isEqual(oldEnd - 1, newEnd - 1); ) {
    oldEnd -= 1;
    newEnd -= 1;
    places[newEnd] = oldEnd;
  }
  const found = placesOf(before, begin, oldEnd);
  const met = new Map<string, number>();
  /** At index n - 1: of the chains of n matches, the one that ends earliest. */
  const chains: Link[] = [];
  for (let i = begin; i < newEnd; i++) {
    const text = after[i];
    const all = text === undefined ? undefined : found.get(text);
    if (text === undefined || all === undefined) continue;
    const count = met.get(text) ?? 0;
    met.set(text, count + 1);
    const first = Math.max(0, Math.min(count, all.length) - mostPlaces / 2);
    // Backwards, so that no chain matches this string of `after` twice.
    for (const at of all.slice(first, first + mostPlaces).toReversed()) {
      const length = firstAtLeast(chains, at);
      chains[length] = { at, i, before: chains[length - 1] };
    }
  }
  for (let link = chains.at(-1); link !== undefined; link = link.before) places[link.i] = link.at;
  return places;
}

function placesOf(
  texts: readonly (string | undefined)[],
  from: number,
  end: number,
): ReadonlyMap<string, readonly number[]> {
  const places = new Map<string, number[]>();
  for (let at = from; at < end; at++) {
    const text = texts[at];
    if (text === undefined) continue;
    const known = places.get(text);
    if (known === undefined) places.set(text, [at]);
    else known.push(at);
  }
  return places;
}

/** Finds the first chain that ends at `at` or later. */
function firstAtLeast(chains: readonly Link[], at: number): number {
  let from = 0;
  let end = chains.length;
  while (from < end) {
    const middle = (from + end) >> 1;
    if ((chains[middle] as Link).at < at) from = middle + 1;
    else end = middle;
  }
  return from;
}
