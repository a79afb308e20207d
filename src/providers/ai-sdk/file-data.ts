/**
 * Files of ai 7, whose data says what it is: bytes, a URL, a text, or a reference that a provider
 * knows.
 */

import * as z from "zod/mini";
import type { ContentPart } from "../../core/messages/index.ts";
import { stringIn } from "../rewrite/index.ts";
import { byField } from "./by-field.ts";
import { type Fields, fieldNames, fieldOf, isFields, jsonOf } from "./host-values.ts";
import { hrefOf, type MediaPart, readMedia } from "./media.ts";
import type { Notes } from "./notes.ts";

type Resource = Extract<ContentPart, { readonly content_type: "resource" }>["content"];

const shapes = {
  data: { data: z.string() },
  url: { url: z.string(), originalUrl: z.optional(z.string()) },
  text: { text: z.string() },
};

/** Data in one of these forms, or in any other, which is not shown. A bare text is that of ai 6. */
export const fileData: z.ZodMiniType = z.union([
  z.string(),
  byField(
    "type",
    new Map(Object.entries(shapes).map(([type, shape]) => [type, z.looseObject(shape)])),
    z.looseObject({}),
  ),
]);

/** Whether the host's own part has its data, or that of an item of its output, in such a form. */
export function isTagged(raw: unknown): boolean {
  if (isFields(jsonOf(fieldOf(raw, "data")))) return true;
  const value = fieldOf(fieldOf(raw, "output"), "value");
  return Array.isArray(value) && value.some((item) => fieldOf(item, "type") === "file");
}

/** The part that shows a file; `undefined` for one that is only named, or of another form. */
export function readFileData(
  data: Fields,
  { mediaType, filename }: { readonly mediaType: string; readonly filename?: unknown },
  notes: Notes,
): ContentPart | undefined {
  const { type } = data;
  if (type !== "data" && type !== "url" && type !== "text") {
    notes.reportLeft("content", "Messages have no part for a file reference.");
    return undefined;
  }
  const known = ["type", ...Object.keys(shapes[type])];
  for (const name of fieldNames(data)) {
    if (!known.includes(name))
      notes.reportLeft("content", "Messages have no such field.", "data", name);
  }
  if (type === "text") return readText(stringIn(data, "text"), mediaType, filename);
  if (type === "data") {
    return readMedia({ type: "base64", data: stringIn(data, "data") }, mediaType, { filename });
  }
  const url = stringIn(data, "url");
  const { originalUrl } = data;
  const isOriginal = typeof originalUrl === "string" && hrefOf(originalUrl) === url;
  return readMedia({ type: "url", data: isOriginal ? originalUrl : url }, mediaType, { filename });
}

function readText(text: string, mediaType: string, filename: unknown): ContentPart {
  return {
    content_type: "resource",
    content: {
      resource_request_id: "",
      uri: "",
      resource_type: "file",
      content: text,
      mime_type: mediaType,
      ...(typeof filename === "string" ? { name: filename } : {}),
    } as Resource,
  };
}

/** The URL of a medium; nothing if it is invalid. */
export function writeFileData({ content: { type, data } }: MediaPart): Fields | undefined {
  if (type === "base64") return { type: "data", data };
  const href = hrefOf(data);
  if (href === undefined) return undefined;
  const original = href === data ? {} : { originalUrl: data };
  return { type: "url", url: new URL(href), ...original };
}

/** Whether a resource says no more than a file of text does. */
export function isTextFile(resource: unknown): resource is Resource & { readonly content: string } {
  if (!isFields(resource)) return false;
  const {
    resource_request_id,
    uri,
    resource_type,
    content,
    mime_type,
    name,
    annotations,
    ...more
  } = resource;
  return (
    resource_request_id === "" &&
    uri === "" &&
    resource_type === "file" &&
    typeof content === "string" &&
    typeof mime_type === "string" &&
    (name === undefined || typeof name === "string") &&
    Object.keys(annotations ?? {}).length === 0 &&
    Object.values(more).every((value) => value === undefined)
  );
}

export function writeTextFile({ content, mime_type, name }: Resource): Fields {
  return {
    type: "file",
    data: { type: "text", text: content },
    mediaType: mime_type,
    ...(name === undefined ? {} : { filename: name }),
  };
}
