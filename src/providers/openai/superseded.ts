/**
 * Finds what a stream sent first for an item, and its final form does not have.
 *
 * Neither the messages nor the final document show it.
 */
import type { Json } from "../../core/data/index.ts";
import type { Left } from "../rewrite/index.ts";
import { readBlock } from "./blocks.ts";
import { given, type JsonObject, withFields } from "./json.ts";
import { readItem } from "./read-items.ts";
import { shownIn } from "./read-tool-items.ts";
import { isEmpty, type ReportLeft, under } from "./report-fields.ts";
import { reportResponse } from "./responses-response.ts";
import { itemKind } from "./shapes.ts";
import { callKinds, kindIn } from "./tool-items.ts";

/** The paths below `path` of what was dropped. */
type DroppedPaths = (first: JsonObject, now: JsonObject, path: string) => readonly string[];

export const droppedFromItem: DroppedPaths = (first, now, path) => [
  ...droppedFrom([first, now], (item, left) => {
    readItem(item, 0, 0, path, { names: new Map(), left, inResponse: true });
  }),
  ...shownFields(first)
    .filter((key) => isTextDropped(first[key], now[key]))
    .map((key) => under(path, key)),
];

/** The fields of an item that messages show and no other check covers. */
function shownFields(item: JsonObject): readonly string[] {
  const kind = kindIn(callKinds, itemKind(item));
  return kind === undefined ? ["phase"] : shownIn(kind).filter((key) => key !== kind.id);
}

/** Whether text was dropped from its place. What is empty at first is filled in later. */
function isTextDropped(first: Json | undefined, now: Json | undefined): boolean {
  if (typeof first === "string") return first !== "" && first !== now;
  if (typeof first !== "object" || first === null) return false;
  return Object.entries(first).some(([key, value]) => {
    const inside = typeof now === "object" && now !== null ? (now as JsonObject)[key] : undefined;
    return isTextDropped(value, inside);
  });
}

export const droppedFromPart: DroppedPaths = (first, now, path) =>
  droppedFrom([first, now], (part, left) => {
    readBlock(part, path, left);
  });

/** The output arrives in events of its own. */
export const droppedFromResponse: DroppedPaths = (first, now, path) => [
  ...droppedFrom([first, now], (response, left) => {
    reportResponse(withFields(response, { output: [] }), path, left);
  }),
  ...(isEmpty(given(first, "output")) ? [] : [under(path, "output")]),
];

/** A first form may lack required fields, such as an image in progress: they come from `now`. */
function droppedFrom(
  [first, now]: readonly [JsonObject, JsonObject],
  readInto: (json: JsonObject, left: ReportLeft) => void,
): readonly string[] {
  const contentOf = (json: JsonObject): readonly string[] => {
    const left: Left[] = [];
    readInto(json, (each) => left.push(each));
    return left.flatMap((each) => (each.kind === "setting" ? [] : [each.path]));
  };
  const said = Object.entries(first).filter(([, value]) => value !== null);
  const reported = new Set(contentOf(now));
  return contentOf(withFields(now, Object.fromEntries(said))).filter((each) => !reported.has(each));
}
