/**
 * Writes the arguments in a document as they were read, before the document is sent on.
 *
 * In text with a duplicate key, or a number that a double cannot hold, another program may read
 * other arguments than a policy saw. Such text is rewritten, even where no message changed.
 */
import { removedItem } from "../rewrite/index.ts";
import { textAsRead } from "./calls.ts";
import { given, type JsonObject, objectsIn, textAt, withFields } from "./json.ts";
import { type ReportLost, under } from "./report-fields.ts";
import { itemKind } from "./shapes.ts";
import { callKinds, kindIn } from "./tool-items.ts";

/** A document of Responses. */
export function itemsAsRead(
  document: JsonObject,
  list: "input" | "output",
  lost: ReportLost,
): JsonObject {
  const items = given(document, list);
  if (!Array.isArray(items)) return document;
  const read = objectsIn(items).map((item, at) => {
    const kind = kindIn(callKinds, itemKind(item));
    if (kind?.arguments.as !== "text") return item;
    return fieldAsRead(item, kind.arguments.key, under(list, at), lost);
  });
  return withFields(document, { [list]: read });
}

/** Also removes and reports what the SDK parsed from the old text. */
function fieldAsRead(json: JsonObject, key: string, path: string, lost: ReportLost): JsonObject {
  const text = textAt(json, key) ?? "";
  const read = textAsRead(text);
  if (read === text) return json;
  const parsed = "parsed_arguments";
  if (given(json, parsed) === undefined) return withFields(json, { [key]: read });
  lost(removedItem(under(path, parsed)));
  return withFields(json, { [key]: read, [parsed]: undefined });
}
