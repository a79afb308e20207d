import { type JsonObject, sameJson } from "./json.ts";

/** The `arguments` to write. Those that were left out stay so while they are empty. */
export function writtenArguments(
  before: Readonly<JsonObject> | undefined,
  values: Readonly<JsonObject>,
): JsonObject {
  const isKept = before !== undefined && sameJson(values, before.arguments ?? {});
  return isKept ? {} : { arguments: values };
}
