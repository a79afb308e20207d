import type { ContentPart } from "../../core/messages/index.ts";
import { isObject, type JsonObject } from "./json.ts";
import {
  type LeftReports,
  objectOf,
  type Path,
  type Reports,
  reportRest,
  settingsOf,
} from "./report.ts";
import {
  checkResource,
  contentsFields,
  isReadable,
  linkFields,
  type Resource,
  readResource,
  reportResource,
  showsAnnotations,
  writeAnnotations,
  writeResource,
} from "./resource-fields.ts";

/**
 * One MCP content block as a message part.
 *
 * A linked resource is shown as a `resource` without content: unlike `resource_ref` it can hold
 * the description. A block of an unknown kind is shown as JSON text, so that
 * nothing passes unseen.
 */
export function fromBlock(
  block: JsonObject,
  requestId: string,
  left: LeftReports,
  at: Path,
): ContentPart {
  const { type } = block;
  if (type === "text" && typeof block.text === "string") {
    reportRest(block, ["type", "text"], left, at, settingsOf.block);
    return { content_type: "text", text: block.text };
  }
  if ((type === "image" || type === "audio") && typeof block.data === "string") {
    const { data, mimeType } = block;
    const isTyped = typeof mimeType === "string";
    reportRest(
      block,
      ["type", "data", ...(isTyped ? ["mimeType"] : [])],
      left,
      at,
      settingsOf.block,
    );
    const mime = isTyped ? { media_type: mimeType } : {};
    return { content_type: type, content: { type: "base64", data, ...mime } };
  }
  const content = resourceIn(block, requestId, left, at);
  if (content !== undefined) return { content_type: "resource", content };
  left.form(at, "A block of an unknown kind, shown as JSON text.");
  return { content_type: "text", text: JSON.stringify(block) };
}

function resourceIn(
  block: JsonObject,
  requestId: string,
  left: LeftReports,
  at: Path,
): Resource | undefined {
  const annotated = showsAnnotations(block) ? ["annotations"] : [];
  if (block.type === "resource_link" && isReadable(block, linkFields)) {
    reportResource(block, linkFields, ["type", ...annotated], left, at, settingsOf.link);
    return readResource(block, linkFields, requestId, block);
  }
  const item = block.type === "resource" ? block.resource : undefined;
  if (!isObject(item) || !isReadable(item, contentsFields) || !holdsContents(item)) {
    return undefined;
  }
  reportRest(block, ["type", "resource", ...annotated], left, at, settingsOf.block);
  reportResource(item, contentsFields, [], left, [...at, "resource"], settingsOf.contents);
  return readResource(item, contentsFields, requestId, block);
}

/** Whether it has text or a blob, without which it would look like a link. */
function holdsContents(item: JsonObject): boolean {
  return typeof item.text === "string" || typeof item.blob === "string";
}

/**
 * Writes a part over the block that `shown` came from; without one, makes a new block.
 * A part that no block can express is reported, and `undefined` returned.
 */
export function toBlock(
  part: ContentPart,
  requestId: string,
  lost: Reports,
  at: Path,
  original: JsonObject = {},
  shown?: ContentPart,
): JsonObject | undefined {
  const isOfItsType = shown === undefined || !isJsonText(shown, original);
  const base = shown?.content_type === part.content_type && isOfItsType ? original : {};
  switch (part.content_type) {
    case "text":
      if (!isOfItsType) {
        lost.add(at, "The block was of an unknown kind; it becomes text.");
      }
      return { ...base, type: "text", text: part.text };
    case "image":
    case "audio":
      return toMedia(part, base, lost, at);
    case "resource": {
      const before = shown?.content_type === "resource" ? shown.content : undefined;
      return toResource(part.content, requestId, lost, [...at, "content"], base, before);
    }
    default:
      lost.add(at, `MCP has no block for a part of type ${part.content_type} here.`);
      return undefined;
  }
}

/** Whether the part is the JSON text of its block, so that nothing of the block is kept. */
function isJsonText(shown: ContentPart, { type, text }: JsonObject): boolean {
  return shown.content_type === "text" && !(type === "text" && typeof text === "string");
}

function toMedia(
  part: Extract<ContentPart, { content_type: "image" | "audio" }>,
  base: JsonObject,
  lost: Reports,
  at: Path,
): JsonObject | undefined {
  const { content } = part;
  if (content.type !== "base64") {
    lost.add(at, "MCP has no media by URL.");
    return undefined;
  }
  if (part.content_type === "audio" && part.content.duration_ms !== undefined) {
    lost.add([...at, "content", "duration_ms"], "MCP has no such field here.");
  }
  const { mimeType: _, ...rest } = base;
  const mime = content.media_type === undefined ? {} : { mimeType: content.media_type };
  return { ...rest, type: part.content_type, data: content.data, ...mime };
}

/** Whether two parts have the same type of block, so that one can be written over the other's. */
export function isOneType(one: ContentPart, other: ContentPart): boolean {
  if (one.content_type !== "resource" || other.content_type !== "resource") {
    return one.content_type === other.content_type;
  }
  return leadsOn(one.content) === leadsOn(other.content);
}

/** Whether it is a link, which has no content. */
function leadsOn({ content, blob }: Resource): boolean {
  return content === undefined && blob === undefined;
}

function toResource(
  content: Resource,
  requestId: string,
  lost: Reports,
  at: Path,
  base: JsonObject,
  before: Resource | undefined,
): JsonObject {
  const isLink = leadsOn(content);
  const type = isLink ? "resource_link" : "resource";
  const isSame = base.type === type;
  const original = isSame ? base : {};
  const shown = isSame ? before : undefined;
  const fields = isLink ? linkFields : contentsFields;
  checkResource(content, fields, requestId, lost, at);
  const block: JsonObject = isLink
    ? writeResource(content, fields, { ...original, type }, shown)
    : {
        ...original,
        type,
        resource: writeResource(content, fields, objectOf(original.resource), shown),
      };
  writeAnnotations(block, content, shown);
  if (isLink && block.name === undefined) {
    lost.add([...at, "name"], "A resource link in MCP needs a name; its URI is used.");
    block.name = content.uri;
  }
  return block;
}
