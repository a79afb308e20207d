import { type JsonObject, sameJson } from "./json.ts";

/** The `arguments` to write. Omitted arguments stay omitted while they are empty. */
export function writtenArguments(
  before: Readonly<JsonObject> | undefined,
  values: Readonly<JsonObject>,
): JsonObject {
  const isKept = before !== undefined && sameJson(values, before.arguments ?? {});
  return isKept ? {} : { arguments: values };
}
