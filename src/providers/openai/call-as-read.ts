import { argumentsAsRead, type Collector, type Lost, removedItem } from "../rewrite/index.ts";
import { given, type JsonObject, textAt, withFields } from "./json.ts";

/**
 * A call with its arguments as they were read, before it is sent on: in text with a duplicate key,
 * or a number that a double cannot hold, another program may read other arguments than a policy
 * saw. What the SDK parsed of such text goes with it.
 */
export function callAsRead(
  call: JsonObject,
  path: string,
  lost: Collector<Lost>["add"],
): JsonObject {
  const text = textAt(call, "arguments") ?? "";
  const read = argumentsAsRead(text);
  if (read === text) return call;
  if (given(call, "parsed_arguments") === undefined) return withFields(call, { arguments: read });
  lost(removedItem(`${path}.parsed_arguments`));
  return withFields(call, { arguments: read, parsed_arguments: undefined });
}
