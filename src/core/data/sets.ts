/** Sets: frozen arrays of texts, sorted by code point, without repeats. */
import {
  append,
  concat,
  freeze,
  isArray,
  type List,
  newArray,
  newList,
  sortInPlace,
  toArray,
} from "./intrinsics.ts";
import { byCodePoint } from "./text-rules.ts";

const none: readonly never[] = freeze([]);

/** Sorts and drops repeats. Returns `previous` if it is equal. `items` holds strings only. */
export function asSet(items: readonly string[], previous?: unknown): readonly string[] {
  // A frozen array of our own reading: dense, so reading by index meets no prototype.
  const set = concat(items);
  const known = isArray(previous) ? (previous as readonly string[]) : none;
  const sorted = sortedLength(set, known);
  if (sorted < set.length) {
    if (set.length - sorted > mostInserted) sortInPlace(set, byCodePoint);
    else insertEach(set, sorted);
    dropRepeats(set);
  }
  return kept(set, known);
}

/** So few are sorted faster without calls, above all where one was appended to a set. */
const mostInserted = 16;

/** How many stand as a set has them. As long as they are those of a known set, it is seen at once. */
function sortedLength(items: readonly string[], known: readonly string[]): number {
  let at = 0;
  while (at < items.length && at < known.length && items[at] === known[at]) at += 1;
  if (at === 0) at = 1;
  while (at < items.length && isBefore(items[at - 1] as string, items[at] as string)) at += 1;
  return at;
}

/** Puts what stands from an index on where it belongs among those before it. */
function insertEach(items: string[], from: number): void {
  for (let i = from; i < items.length; i++) {
    const item = items[i] as string;
    const place = placeOf(item, items, 0, i);
    for (let at = i; at > place; at--) items[at] = items[at - 1] as string;
    items[place] = item;
  }
}

/** The union of two sets; `previous` itself if it is equal. */
export function unionOf(
  set: readonly string[],
  other: readonly string[],
  previous?: readonly string[],
): readonly string[] {
  const union = newArray<string>(set.length + other.length);
  let count = 0;
  let at = 0;
  for (let i = 0; i < other.length; i++) {
    const item = other[i] as string;
    const end = placeOf(item, set, at, set.length);
    for (; at < end; at++, count++) union[count] = set[at] as string;
    if (at < set.length && set[at] === item) at += 1;
    union[count] = item;
    count += 1;
  }
  for (; at < set.length; at++, count++) union[count] = set[at] as string;
  if (count < union.length) union.length = count;
  return kept(union, previous);
}

/**
 * Where `item` is among what is sorted between two indexes, or would be. Looks ahead in steps that
 * double, then halves: a few comparisons, where one is added to many and where two are alike.
 */
function placeOf(item: string, set: readonly string[], from: number, to: number): number {
  let low = from;
  let high = from;
  for (let step = 1; high < to && isBefore(set[high] as string, item); step *= 2) {
    low = high + 1;
    high += step;
  }
  if (high > to) high = to;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBefore(set[middle] as string, item)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Whether one set has all that another has. Both are sorted, so one walk does. */
export function hasAll(set: readonly string[], some: readonly string[]): boolean {
  let at = 0;
  for (let i = 0; i < some.length; i++, at++) {
    while (at < set.length && set[at] !== some[i]) at += 1;
    if (at >= set.length) return false;
  }
  return true;
}

function kept(set: string[], known: readonly string[] | undefined): readonly string[] {
  if (known?.length !== set.length) return freeze(set);
  for (let i = 0; i < set.length; i++) if (set[i] !== known[i]) return freeze(set);
  return known;
}

function isBefore(a: string, b: string): boolean {
  return a !== b && byCodePoint(a, b) < 0;
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
  if (count < items.length) items.length = count;
}

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
