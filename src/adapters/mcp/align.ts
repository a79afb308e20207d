import { type Pair, pairItems } from "../../documents/index.ts";

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
  const isKept = changed.length === shown.length;
  const pairs = pairItems(shown, changed, () => isKept);
  if (pairs.every(({ at }) => at !== undefined)) return pairs;
  const gone = placesWithout(shown, new Set(pairs.map(({ at }) => at)));
  return pairs.map((pair, i) => {
    const at = pair.at ?? gone.get(JSON.stringify(changed[i]))?.pop();
    return at === undefined || at === pair.at ? pair : { at, isSame: true };
  });
}

/** Where the items that no pair has are, by what they say; the first of equal ones is last. */
function placesWithout(
  items: readonly object[],
  taken: ReadonlySet<number | undefined>,
): Map<string, number[]> {
  const places = new Map<string, number[]>();
  for (const [i, item] of [...items.entries()].reverse()) {
    if (taken.has(i)) continue;
    const text = JSON.stringify(item);
    const known = places.get(text);
    if (known === undefined) places.set(text, [i]);
    else known.push(i);
  }
  return places;
}
