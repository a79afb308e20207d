import { type Pair, pairItems } from "../rewrite/index.ts";

/**
 * Finds the original of each changed item.
 *
 * An equal item keeps its whole wire form, even where others were removed before it or
 * it was moved. In a list of unchanged length the others are paired by position.
 */
export function align<Item extends object>(
  shown: readonly Item[],
  changed: readonly Item[],
): readonly Pair<Item>[] {
  const kind = changed.length === shown.length ? "" : undefined;
  return pairItems(shown, changed, { kinds: [() => kind] });
}

/** The places of the removed items. */
export function placesGone(
  shown: readonly object[],
  pairs: readonly Pair<object>[],
): readonly number[] {
  const kept = new Set(pairs.map(({ at }) => at));
  return [...shown.keys()].filter((place) => !kept.has(place));
}
