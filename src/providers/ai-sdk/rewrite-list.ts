import type { Pair } from "../rewrite/index.ts";

/** How to make the items of a new list. Places are those of the old list. */
export interface ListRewrite<Item> {
  /** The item for a pair; `undefined` for one that cannot be written. */
  readonly make: (index: number, pair: Pair) => Item | undefined;
  /** The old item at a place that messages do not show. */
  readonly keep: (place: number) => Item;
  /** Called for each shown item that was removed. */
  readonly removed: (place: number) => void;
}

/**
 * A list of new items, which keeps the old items that messages do not show in their places.
 *
 * @param length of the old list
 * @param places of the items in it that messages show, ascending; pairs refer to these
 */
export function rewriteList<Item>(
  length: number,
  places: readonly number[],
  pairs: readonly Pair[],
  { make, keep, removed }: ListRewrite<Item>,
): readonly Item[] {
  const shown = new Set(places);
  const items: Item[] = [];
  let next = 0;
  const keepUntil = (end: number) => {
    for (; next < end; next += 1) if (!shown.has(next)) items.push(keep(next));
  };
  for (const [index, pair] of pairs.entries()) {
    if (pair.at !== undefined && !pair.isMoved) keepUntil(places[pair.at] as number);
    const item = make(index, pair);
    if (item !== undefined) items.push(item);
  }
  keepUntil(length);
  const kept = new Set(pairs.map(({ at }) => at));
  for (const [at, place] of places.entries()) if (!kept.has(at)) removed(place);
  return Object.freeze(items);
}
