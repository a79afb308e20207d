import { copyObject, type JsonObject, sameJson } from "./json.ts";

/**
 * Finds for each changed item the wire item it came from, and writes only what differs.
 *
 * An item that says the same keeps its wire form whole, also where others were removed before it.
 * In a list of unchanged length the items are the same ones, place by place.
 */
export function align(
  originals: readonly JsonObject[],
  shown: readonly JsonObject[],
  changed: readonly JsonObject[],
  write: (changed: JsonObject, original?: JsonObject, shown?: JsonObject) => JsonObject,
): JsonObject[] {
  const sameLength = changed.length === shown.length;
  const used = new Set<number>();
  return changed.map((item, place) => {
    if (sameLength) {
      return sameJson(item, shown[place])
        ? (originals[place] ?? item)
        : copyObject(write(item, originals[place], shown[place]));
    }
    const found = shown.findIndex((other, index) => !used.has(index) && sameJson(item, other));
    if (found >= 0) used.add(found);
    return originals[found] ?? copyObject(write(item));
  });
}
