/** Whether two versions of an item in a stream are equal. */
import type { Json } from "../../core/data/index.ts";
import { isEmpty, isObject, type JsonObject } from "./json.ts";
import { itemSettings } from "./tool-items.ts";

/**
 * Fields that may arrive late and that no message shows. For some calls the id is that of the item.
 */
const settings = itemSettings.filter((key) => key !== "id");
const partSettings = ["logprobs", "parsed"];

/** Ignores settings and the order of fields. Absent and empty are equal. */
export function isSameItem(one: JsonObject, other: JsonObject): boolean {
  return sortedText(itemWithoutSettings(one)) === sortedText(itemWithoutSettings(other));
}

export function isSamePart(one: JsonObject, other: JsonObject): boolean {
  return sortedText(without(partSettings, one)) === sortedText(without(partSettings, other));
}

function itemWithoutSettings(item: JsonObject): Json {
  const lists = ["content", "summary"].flatMap((key): [string, Json][] => {
    const list = item[key];
    return Array.isArray(list) ? [[key, list.map(partWithoutSettings)]] : [];
  });
  return without(settings, { ...item, ...Object.fromEntries(lists) });
}

function partWithoutSettings(part: Json): Json {
  return isObject(part) ? without(partSettings, part) : part;
}

function without(keys: readonly string[], json: JsonObject): JsonObject {
  const kept = Object.entries(json).filter(
    ([key, value]) => !keys.includes(key) && !isEmpty(value),
  );
  return Object.fromEntries(kept);
}

/** JSON text with the fields of each object in one order. */
export function sortedText(value: Json): string {
  return JSON.stringify(value, (_, each: Json) =>
    isObject(each) ? Object.fromEntries(Object.entries(each).sort(byName)) : each,
  );
}

function byName([one]: [string, Json], [other]: [string, Json]): number {
  return one < other ? -1 : Number(one > other);
}
