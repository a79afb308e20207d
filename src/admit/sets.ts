/** Sets: frozen arrays of texts, sorted by code point, without repeats. */
import { append, freeze, type List, newList, sortInPlace, toArray } from "./intrinsics.ts";
import { concat } from "./lists.ts";
import { byCodePoint } from "./text-rules.ts";

/** Sorts, drops repeats, and gives `hint` where it says the same. `items` holds texts only. */
export function asSet(items: readonly string[], hint?: unknown): readonly string[] {
  const set = sortedUnique(items);
  const known = hint as readonly string[] | undefined;
  if (known === undefined || known.length !== set.length) return freeze(set);
  for (let i = 0; i < set.length; i++) if (set[i] !== known[i]) return freeze(set);
  return known;
}

function sortedUnique(items: readonly string[]): string[] {
  // A frozen array of our own reading: dense, so reading by index meets no prototype.
  const sorted = concat(items);
  sortInPlace(sorted, byCodePoint);
  const unique = concat(items);
  let count = 0;
  for (let i = 0; i < sorted.length; i++) {
    if (i > 0 && sorted[i] === sorted[i - 1]) continue;
    unique[count] = sorted[i] as string;
    count += 1;
  }
  unique.length = count;
  return unique;
}

const none: readonly never[] = freeze([]);

/** The elements of one set that are not in another. Both are sorted, so one walk does. */
export function without(set: readonly string[], other: readonly string[]): readonly string[] {
  let rest: List<string> | undefined;
  let at = 0;
  for (let i = 0; i < set.length; i++) {
    const item = set[i] as string;
    while (at < other.length && other[at] !== item && byCodePoint(other[at] as string, item) < 0) {
      at += 1;
    }
    if (at < other.length && other[at] === item) continue;
    rest ??= newList<string>();
    append(rest, item);
  }
  return rest === undefined ? none : freeze(toArray(rest));
}
