import { type Pair, pairItems } from "../rewrite/index.ts";

/**
 * Finds for each changed item the one it came from.
 *
 * An item that says the same keeps its wire form whole, also where others were removed before it or
 * it was moved. In a list of unchanged length the others are the same ones too, place by place.
 */
export function align<Item extends object>(
  shown: readonly Item[],
  changed: readonly Item[],
): readonly Pair[] {
  const kind = changed.length === shown.length ? "" : undefined;
  return pairItems(shown, changed, { kinds: [() => kind] });
}

/** The places of the items that nothing stands for any more. */
export function placesGone(shown: readonly object[], pairs: readonly Pair[]): readonly number[] {
  const kept = new Set(pairs.map(({ at }) => at));
  return [...shown.keys()].filter((place) => !kept.has(place));
}
