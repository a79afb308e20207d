import type { Pair } from "../rewrite/index.ts";

/** How to make the items of a new list. Places are those of the old list. */
export interface ListRewrite<Shown, Item> {
  /** The item for a pair, `from` a place; `undefined` for one that cannot be written. */
  readonly make: (pair: Pair<Shown>, index: number, from: number | undefined) => Item | undefined;
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
export function rewriteList<Shown, Item>(
  length: number,
  places: readonly number[],
  pairs: readonly Pair<Shown>[],
  { make, keep, removed }: ListRewrite<Shown, Item>,
): readonly Item[] {
  const shown = new Set(places);
  const items: Item[] = [];
  let next = 0;
  const keepUntil = (end: number) => {
    for (; next < end; next += 1) if (!shown.has(next)) items.push(keep(next));
  };
  for (const [index, pair] of pairs.entries()) {
    const from = pair.at === undefined ? undefined : places[pair.at];
    if (from !== undefined && !pair.isMoved) keepUntil(from);
    const item = make(pair, index, from);
    if (item !== undefined) items.push(item);
  }
  keepUntil(length);
  const kept = new Set(pairs.map(({ at }) => at));
  for (const [at, place] of places.entries()) if (!kept.has(at)) removed(place);
  return Object.freeze(items);
}
