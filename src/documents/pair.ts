/**
 * Which old item a new one stands for, so that what an edit did not touch keeps its old form.
 *
 * Equal items are found in order. What lies between two of them is paired by place, as long as the
 * two are alike; the rest is new, or gone.
 */
export interface Pair {
  /** The old item; `undefined` for one that is new. */
  readonly at: number | undefined;
  /** Whether the two say the same. */
  readonly isSame: boolean;
}

/** One pair for each item of `after`. Linear in the size of both. Items are JSON data. */
export function pairItems<Item extends object>(
  before: readonly Item[],
  after: readonly Item[],
  isAlike: (old: Item, now: Item) => boolean,
): readonly Pair[] {
  const places = placesOf(before);
  const pairs: Pair[] = [];
  let from = 0;
  // After the last pair of equals: where the gap begins on both sides.
  let gap = 0;
  for (let i = 0; i < after.length; i++) {
    const at = placeFrom(places, after[i] as Item, from);
    if (at === undefined) continue;
    fillGap(pairs, before.slice(from, at), from, after.slice(gap, i), isAlike);
    pairs.push({ at, isSame: true });
    from = at + 1;
    gap = i + 1;
  }
  fillGap(pairs, before.slice(from), from, after.slice(gap), isAlike);
  return pairs;
}

interface Places {
  readonly list: readonly number[];
  next: number;
}

function placesOf(items: readonly object[]): Map<string, Places> {
  const places = new Map<string, { list: number[]; next: number }>();
  for (const [i, item] of items.entries()) {
    const text = JSON.stringify(item);
    const known = places.get(text);
    if (known === undefined) places.set(text, { list: [i], next: 0 });
    else known.list.push(i);
  }
  return places;
}

/** The first place from `from` on at which an equal item stands. */
function placeFrom(places: Map<string, Places>, item: object, from: number): number | undefined {
  const found = places.get(JSON.stringify(item));
  if (found === undefined) return undefined;
  while (found.next < found.list.length && (found.list[found.next] as number) < from) {
    found.next += 1;
  }
  return found.list[found.next];
}

function fillGap<Item>(
  pairs: Pair[],
  before: readonly Item[],
  offset: number,
  after: readonly Item[],
  isAlike: (old: Item, now: Item) => boolean,
): void {
  let next = 0;
  for (const now of after) {
    const isPaired = next < before.length && isAlike(before[next] as Item, now);
    pairs.push({ at: isPaired ? offset + next : undefined, isSame: false });
    if (isPaired) next += 1;
  }
}
