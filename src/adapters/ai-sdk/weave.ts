import type { Pair } from "../../documents/index.ts";

/**
 * A list of new items, with what messages do not show of the old list still in its places.
 *
 * @param length of the old list
 * @param places in it of the items that messages show, rising; pairs refer to these
 * @param make gives the item for a pair; nothing for one that cannot be said
 * @param keep gives the old item at a place that messages do not show
 */
export function weave<Item>(
  length: number,
  places: readonly number[],
  pairs: readonly Pair[],
  make: (index: number, pair: Pair) => Item | undefined,
  keep: (place: number) => Item,
): readonly Item[] {
  const shown = new Set(places);
  const items: Item[] = [];
  let next = 0;
  const keepUntil = (end: number) => {
    for (; next < end; next += 1) if (!shown.has(next)) items.push(keep(next));
  };
  for (const [index, pair] of pairs.entries()) {
    if (pair.at !== undefined) keepUntil(places[pair.at] as number);
    const item = make(index, pair);
    if (item !== undefined) items.push(item);
  }
  keepUntil(length);
  return Object.freeze(items);
}
