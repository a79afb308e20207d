import { isObject, type JsonObject } from "./json.ts";
import { unfit } from "./payload.ts";
import { readResource, toResource, writeResource } from "./resource-fields.ts";

/**
 * One MCP content block as a message part.
 *
 * A linked resource is shown as a `resource` without content: unlike `resource_ref` it has room for
 * the description. A block of a kind that is not known here is shown as its JSON text.
 */
export function toPart(block: JsonObject, requestId: string): JsonObject {
  const { type } = block;
  if (type === "text" && typeof block.text === "string") {
    return { content_type: "text", text: block.text };
  }
  if ((type === "image" || type === "audio") && typeof block.data === "string") {
    const mime = typeof block.mimeType === "string" ? { media_type: block.mimeType } : {};
    return { content_type: type, content: { type: "base64", data: block.data, ...mime } };
  }
  const item = type === "resource" ? block.resource : type === "resource_link" ? block : undefined;
  const content = isObject(item) ? toResource(item, requestId) : undefined;
  if (content !== undefined) return { content_type: "resource", content };
  return { content_type: "text", text: JSON.stringify(block) };
}

/** A part that came back from hooks, in the form `toPart` gives, for comparing. */
export function readPart(part: JsonObject): JsonObject {
  const { content_type: type, content } = part;
  if (type === "text" && typeof part.text === "string") {
    return { content_type: type, text: part.text };
  }
  if (!isObject(content)) throw unfit("a part that a prompt can hold");
  if (type === "resource") return { content_type: type, content: readResource(content) };
  if ((type === "image" || type === "audio") && content.type === "base64") {
    const mime = typeof content.media_type === "string" ? { media_type: content.media_type } : {};
    return { content_type: type, content: { type: "base64", data: content.data, ...mime } };
  }
  throw unfit("a part that a prompt can hold");
}

/** Writes a changed part over the block it came from; without one, makes a new block. */
export function writeBlock(
  part: JsonObject,
  original?: JsonObject,
  shown?: JsonObject,
): JsonObject {
  const sameKind = original !== undefined && shown?.content_type === part.content_type;
  if (sameKind && shown?.content_type === "text" && original.type !== "text") {
    throw unfit("an unchanged block of a kind that is not known");
  }
  const base = sameKind ? original : {};
  const content = isObject(part.content) ? part.content : {};
  switch (part.content_type) {
    case "text":
      return { ...base, type: "text", text: part.text };
    case "resource":
      return writeResourceBlock(content, base, shown?.content);
    default: {
      const { mimeType: _, ...rest } = base;
      const mime = content.media_type === undefined ? {} : { mimeType: content.media_type };
      return { ...rest, type: part.content_type, data: content.data, ...mime };
    }
  }
}

function writeResourceBlock(content: JsonObject, base: JsonObject, shown: unknown): JsonObject {
  const before = isObject(shown) ? shown : {};
  if (base.type === "resource_link") return writeResource(content, base, before);
  const inner = isObject(base.resource) ? base.resource : {};
  const known = isObject(base.resource) ? before : {};
  return { ...base, type: "resource", resource: writeResource(content, inner, known) };
}
