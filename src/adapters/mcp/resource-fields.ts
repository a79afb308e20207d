import { isObject, type JsonObject, sameJson } from "./json.ts";
import { setField, unfit } from "./payload.ts";

/** A field of a CMF Resource, the MCP field it stands for, and what its value must be. */
const fields: readonly (readonly [
  shown: string,
  wire: string,
  fits: (value: unknown) => boolean,
])[] = [
  ["uri", "uri", isText],
  ["name", "name", isText],
  ["description", "description", isText],
  ["content", "text", isText],
  ["blob", "blob", isText],
  ["mime_type", "mimeType", isText],
  ["size_bytes", "size", isSize],
  ["annotations", "annotations", isObject],
];

function isText(value: unknown): boolean {
  return typeof value === "string";
}

function isSize(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

/**
 * MCP resource contents, or a link to a resource, as a CMF Resource.
 * `blob` keeps the base64 text of MCP. Absent when a field has a type hooks cannot be shown.
 */
export function toResource(item: JsonObject, requestId: string): JsonObject | undefined {
  const shown: JsonObject = { resource_request_id: requestId, resource_type: "uri" };
  for (const [field, wire, fits] of fields) {
    const value = item[wire];
    if (value === undefined || value === null) continue;
    if (!fits(value)) return undefined;
    shown[field] = value;
  }
  return typeof shown.uri === "string" ? shown : undefined;
}

/** A Resource that came back from hooks, in the form `toResource` gives, for comparing. */
export function readResource(content: JsonObject): JsonObject {
  const read: JsonObject = {
    resource_request_id: content.resource_request_id,
    resource_type: "uri",
  };
  for (const [field, , fits] of fields) {
    const value = content[field];
    if (value === undefined || value === null) continue;
    if (!fits(value)) throw unfit(`another type of ${field} in a resource`);
    // The message schema puts empty annotations where there are none.
    if (isObject(value) && Object.keys(value).length === 0) continue;
    read[field] = value;
  }
  if (typeof read.uri !== "string") throw unfit("a resource with a uri");
  return read;
}

/** Writes what differs from `shown` over `original`; without one, makes new contents. */
export function writeResource(
  changed: JsonObject,
  original: JsonObject = {},
  shown: JsonObject = {},
): JsonObject {
  const written = { ...original };
  for (const [field, wire] of fields) {
    if (sameJson(changed[field] ?? {}, shown[field] ?? {})) continue;
    if (changed[field] === undefined) delete written[wire];
    else setField(written, wire, changed[field]);
  }
  return written;
}
