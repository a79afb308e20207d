import type { ContentPart } from "../../core/messages/index.ts";
import { isGiven, isObject, type JsonObject, sameJson } from "./json.ts";
import { setField } from "./payload.ts";
import { type LeftReports, type Path, type Reports, reportRest } from "./report.ts";

/** The content of a `resource` part. */
export type Resource = Extract<ContentPart, { content_type: "resource" }>["content"];

/** A field of a Resource, its MCP field, and a check of its value. */
type Field = readonly [
  shown: "uri" | "name" | "description" | "content" | "blob" | "mime_type" | "size_bytes",
  wire: string,
  fits: (value: unknown) => boolean,
];

const uri: Field = ["uri", "uri", isText];
const mimeType: Field = ["mime_type", "mimeType", isText];

/** What a server returns for a resource: `TextResourceContents` or `BlobResourceContents`. */
export const contentsFields: readonly Field[] = [
  uri,
  // The schema has none, but the examples of MCP's pages do, and so do servers.
  ["name", "name", isText],
  mimeType,
  ["content", "text", isText],
  ["blob", "blob", isText],
];

/** `ResourceLink`. */
export const linkFields: readonly Field[] = [
  uri,
  ["name", "name", isText],
  ["description", "description", isText],
  mimeType,
  ["size_bytes", "size", isSize],
];

function isText(value: unknown): boolean {
  return typeof value === "string";
}

function isSize(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

/** Whether the text fields of an item are strings, and whether it identifies a resource. */
export function isReadable(item: JsonObject, fields: readonly Field[]): boolean {
  const odd = fields.some(
    ([, wire, fits]) => fits === isText && isGiven(item[wire]) && !isText(item[wire]),
  );
  return !odd && isText(item.uri) && !(isGiven(item.text) && isGiven(item.blob));
}

/** An item as a Resource. `blob` keeps MCP's base64 text. */
export function readResource(
  item: JsonObject,
  fields: readonly Field[],
  requestId: string,
  annotated: JsonObject | undefined,
): Resource {
  const read: JsonObject = { resource_request_id: requestId, resource_type: "uri" };
  for (const [shown, wire, fits] of fields) {
    if (fits(item[wire])) read[shown] = item[wire];
  }
  if (isObject(annotated?.annotations)) read.annotations = annotated.annotations;
  // Built by field name; every field was checked by its own `fits`.
  return read as Resource;
}

/** Reports what `readResource` does not show. `extra` names the keys that identify the item. */
export function reportResource(
  item: JsonObject,
  fields: readonly Field[],
  extra: readonly string[],
  left: LeftReports,
  at: Path,
  place: readonly string[],
): void {
  const shown = fields.filter(([, wire, fits]) => fits(item[wire])).map(([, wire]) => wire);
  for (const [, wire] of fields) {
    if (item[wire] !== null) continue;
    left.form([...at, wire], "It is empty.");
    shown.push(wire);
  }
  reportRest(item, [...shown, ...extra], left, at, place);
}

/** Empty annotations are not shown: a part without annotations has an empty object. */
export function showsAnnotations(item: JsonObject): boolean {
  return isObject(item.annotations) && Object.keys(item.annotations).length > 0;
}

/** Writes the differences from `shown` over `original`; without one, makes a new item. */
export function writeResource(
  changed: Resource,
  fields: readonly Field[],
  original: JsonObject,
  shown: Resource | undefined,
): JsonObject {
  const next = { ...original };
  for (const [field, wire] of fields) {
    if (changed[field] === shown?.[field]) continue;
    if (changed[field] === undefined) delete next[wire];
    else next[wire] = changed[field];
  }
  return next;
}

/** Writes changed annotations. */
export function writeAnnotations(
  target: JsonObject,
  changed: Resource,
  shown: Resource | undefined,
): void {
  if (sameJson(changed.annotations, shown?.annotations ?? {})) return;
  if (Object.keys(changed.annotations).length === 0) delete target.annotations;
  else setField(target, "annotations", changed.annotations);
}

/** Reports the fields that a resource of this shape cannot hold. */
export function checkResource(
  resource: Resource,
  fields: readonly Field[],
  requestId: string,
  lost: Reports,
  at: Path,
): void {
  const known: readonly string[] = fields.map(([shown]) => shown);
  for (const key of ["name", "description", "size_bytes", "version"] as const) {
    if (resource[key] !== undefined && !known.includes(key)) {
      lost.add([...at, key], "MCP has no such field here.");
    }
  }
  if (resource.resource_type !== "uri") {
    lost.add([...at, "resource_type"], "MCP identifies resources by URI.");
  }
  if (resource.resource_request_id !== requestId) {
    lost.add([...at, "resource_request_id"], "The call determines it, so it is kept.");
  }
}
