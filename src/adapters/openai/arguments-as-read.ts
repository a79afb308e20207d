/**
 * Documents that are to be sent on, their arguments as they were read.
 *
 * In a text with a name twice, or with a number beyond a double, another program may read other
 * arguments than a policy saw. Such a text is written anew, also where no message changed.
 */
import { textAsRead } from "./calls.ts";
import { given, type JsonObject, put, textAt } from "./json.ts";
import { itemKind } from "./shapes.ts";
import { callKinds, kindIn } from "./tool-items.ts";

/** A message of the assistant in Chat Completions. */
export function messageAsRead(message: JsonObject): JsonObject {
  const calls = given(message, "tool_calls") as readonly JsonObject[] | undefined;
  const legacy = given(message, "function_call") as JsonObject | undefined;
  return put(message, {
    ...(calls !== undefined && { tool_calls: calls.map(callAsRead) }),
    ...(legacy !== undefined && { function_call: fieldAsRead(legacy, "arguments") }),
  });
}

function callAsRead(call: JsonObject): JsonObject {
  if (call.type !== "function") return call;
  return put(call, { function: fieldAsRead(call.function as JsonObject, "arguments") });
}

/** A document of Responses. */
export function itemsAsRead(document: JsonObject, list: "input" | "output"): JsonObject {
  const items = given(document, list);
  if (!Array.isArray(items)) return document;
  const read = (items as readonly JsonObject[]).map((item) => {
    const kind = kindIn(callKinds, itemKind(item));
    return kind?.arguments.as === "text" ? fieldAsRead(item, kind.arguments.key) : item;
  });
  return put(document, { [list]: read });
}

/** What the SDK parsed of a text goes with it. */
function fieldAsRead(json: JsonObject, key: string): JsonObject {
  const text = textAt(json, key) ?? "";
  const read = textAsRead(text);
  return read === text ? json : put(json, { [key]: read, parsed_arguments: undefined });
}
