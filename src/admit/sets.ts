/** Sets: frozen arrays of texts, sorted by code point, without repeats. */
import {
  append,
  freeze,
  type List,
  newArray,
  newList,
  sortInPlace,
  toArray,
} from "./intrinsics.ts";
import { concat } from "./lists.ts";
import { byCodePoint } from "./text-rules.ts";

/** Sorts, drops repeats, and gives `hint` where it says the same. `items` holds texts only. */
export function asSet(items: readonly string[], hint?: unknown): readonly string[] {
  // A frozen array of our own reading: dense, so reading by index meets no prototype.
  const set = concat(items);
  if (!isSet(set)) {
    if (set.length > mostInserted) sortInPlace(set, byCodePoint);
    else insertEach(set);
    dropRepeats(set);
  }
  return kept(set, hint as readonly string[] | undefined);
}

/** So few are sorted faster without calls, above all where one was appended to a set. */
const mostInserted = 16;

function insertEach(items: string[]): void {
  for (let i = 1; i < items.length; i++) {
    const item = items[i] as string;
    let at = i;
    for (; at > 0 && isBefore(item, items[at - 1] as string); at--) {
      items[at] = items[at - 1] as string;
    }
    items[at] = item;
  }
}

/** What is in one set or in both; `hint` where it says the same. */
export function unionOf(
  set: readonly string[],
  other: readonly string[],
  hint?: readonly string[],
): readonly string[] {
  const union = newArray<string>(set.length + other.length);
  let count = 0;
  let at = 0;
  for (let i = 0; i < set.length; i++) {
    const item = set[i] as string;
    for (; at < other.length && isBefore(other[at] as string, item); at++, count++) {
      union[count] = other[at] as string;
    }
    if (at < other.length && other[at] === item) at += 1;
    union[count] = item;
    count += 1;
  }
  for (; at < other.length; at++, count++) union[count] = other[at] as string;
  if (count < union.length) union.length = count;
  return kept(union, hint);
}

function kept(set: string[], known: readonly string[] | undefined): readonly string[] {
  if (known === undefined || known.length !== set.length) return freeze(set);
  for (let i = 0; i < set.length; i++) if (set[i] !== known[i]) return freeze(set);
  return known;
}

function isBefore(a: string, b: string): boolean {
  return a !== b && byCodePoint(a, b) < 0;
}

function isSet(items: readonly string[]): boolean {
  for (let i = 1; i < items.length; i++) {
    if (!isBefore(items[i - 1] as string, items[i] as string)) return false;
  }
  return true;
}

/** Of what is sorted. */
function dropRepeats(items: string[]): void {
  let count = 0;
  for (let i = 0; i < items.length; i++) {
    const item = items[i] as string;
    if (i > 0 && item === items[count - 1]) continue;
    items[count] = item;
    count += 1;
  }
  items.length = count;
}

const none: readonly never[] = freeze([]);

/** The elements of one set that are not in another. Both are sorted, so one walk does. */
export function without(set: readonly string[], other: readonly string[]): readonly string[] {
  let rest: List<string> | undefined;
  let at = 0;
  for (let i = 0; i < set.length; i++) {
    const item = set[i] as string;
    while (at < other.length && isBefore(other[at] as string, item)) at += 1;
    if (at < other.length && other[at] === item) continue;
    rest ??= newList<string>();
    append(rest, item);
  }
  return rest === undefined ? none : freeze(toArray(rest));
}
