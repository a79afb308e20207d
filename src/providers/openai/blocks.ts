/** The blocks that contents are lists of, and the parts they are. */

import type { ContentPart } from "../../core/messages/index.ts";
import { mediaFromUrl, urlOfMedia } from "../rewrite/index.ts";
import {
  compact,
  isObject,
  isSameJsonText,
  type JsonObject,
  objectIn,
  overlay,
  textAt,
  withFields,
} from "./json.ts";
import {
  ignoreLeft,
  isEmpty,
  type LossReporter,
  type ReportLeft,
  type ReportLost,
  reportFields,
  reportReplaced,
  staleKeys,
  under,
} from "./report-fields.ts";

type Of<Kind extends ContentPart["content_type"]> = Extract<ContentPart, { content_type: Kind }>;
type Media = Of<"image">["content"];

/** Where a block is written: the two formats name blocks differently. */
export type Place = "chat" | "input" | "output";

const textKinds = ["text", "input_text", "output_text"];
const thoughtKinds = ["summary_text", "reasoning_text"];
const settings = ["type", "prompt_cache_breakpoint", "logprobs", "parsed"];

/** What fits the old text only. Some of it quotes the text. */
const ofOldText = ["annotations", "logprobs", "parsed"];

/** The part that a block shows, or nothing. */
export function readBlock(
  block: JsonObject,
  path: string,
  left: ReportLeft,
): ContentPart | undefined {
  const kind = textAt(block, "type") ?? "";
  const text = textAt(block, "text");
  if (textKinds.includes(kind) && text !== undefined) {
    const shown = isEmpty(block.annotations) ? ["text", "type", "annotations"] : ["text", "type"];
    reportFields(
      block,
      path,
      isEmpty(block.logprobs) ? [...shown, "logprobs"] : shown,
      settings,
      left,
    );
    return { content_type: "text", text };
  }
  if (thoughtKinds.includes(kind) && text !== undefined) {
    reportFields(block, path, ["text", "type"], settings, left);
    return { content_type: "thinking", text };
  }
  if (kind === "refusal") {
    reportFields(block, path, ["refusal", "type"], settings, left);
    left({ path: under(path, "type"), kind: "setting", reason: "A refusal, shown as text." });
    return { content_type: "text", text: textAt(block, "refusal") ?? "" };
  }
  const part = readMedium(kind, block, path, left);
  if (part === undefined) {
    const kind = isReference(block) ? "reference" : "content";
    left({ path, kind, reason: "Messages cannot show this block." });
  }
  return part;
}

/** Whether a block names a stored file and says nothing else that a model reads. */
function isReference(block: JsonObject): boolean {
  const file = block.type === "file" && isObject(block.file) ? block.file : block;
  return textAt(file, "file_id") !== undefined && [block, file].every(saysNoMore);
}

function saysNoMore(json: JsonObject): boolean {
  const known = ["type", "file", "file_id", "detail", "prompt_cache_breakpoint"];
  return Object.entries(json).every(([key, value]) => value === null || known.includes(key));
}

function readMedium(
  kind: string,
  block: JsonObject,
  path: string,
  left: ReportLeft,
): ContentPart | undefined {
  switch (kind) {
    case "image_url": {
      const image = objectIn(block.image_url);
      reportFields(block, path, ["type", "image_url"], settings, left);
      reportFields(image, under(path, "image_url"), ["url"], ["detail"], left);
      return { content_type: "image", content: mediaFromUrl(textAt(image, "url") ?? "") };
    }
    case "input_image": {
      const url = textAt(block, "image_url");
      if (url === undefined) return undefined;
      const shown = ["type", "image_url", ...(block.detail === "auto" ? ["detail"] : [])];
      reportFields(block, path, shown, ["detail", ...settings], left);
      return { content_type: "image", content: mediaFromUrl(url) };
    }
    case "input_audio": {
      const audio = objectIn(block.input_audio);
      reportFields(block, path, ["type", "input_audio"], settings, left);
      reportFields(audio, under(path, "input_audio"), ["data", "format"], [], left);
      const data = textAt(audio, "data") ?? "";
      const media_type = typeOfFormat(textAt(audio, "format") ?? "");
      return { content_type: "audio", content: { type: "base64", data, media_type } };
    }
    case "file": {
      const file = objectIn(block.file);
      const part = readFile(file, under(path, "file"), ["file_data", "filename"], left);
      if (part !== undefined) reportFields(block, path, ["type", "file"], settings, left);
      return part;
    }
    case "input_file": {
      return readFile(block, path, ["type", "file_data", "file_url", "filename"], left);
    }
    default:
      return undefined;
  }
}

function readFile(
  file: JsonObject,
  path: string,
  shown: readonly string[],
  left: ReportLeft,
): ContentPart | undefined {
  const data = textAt(file, "file_data");
  const url = shown.includes("file_url") ? textAt(file, "file_url") : undefined;
  if (data === undefined && url === undefined) return undefined;
  // Of two places the bytes are shown; the other one is a file that nobody has looked at.
  const isBoth = data !== undefined && url !== undefined;
  const known = isBoth ? shown.filter((key) => key !== "file_url") : shown;
  reportFields(file, path, known, ["detail", ...settings], left);
  const title = textAt(file, "filename");
  const source = data === undefined ? { type: "url" as const, data: url ?? "" } : fileBytes(data);
  return {
    content_type: "document",
    content: { ...source, ...(title !== undefined && { title }) },
  };
}

function fileBytes(data: string): Media {
  return data.startsWith("data:") ? mediaFromUrl(data) : { type: "base64", data };
}

const formats: readonly (readonly [format: string, mediaType: string])[] = [
  ["mp3", "audio/mpeg"],
  ["wav", "audio/wav"],
];

function typeOfFormat(format: string): string {
  return formats.find(([name]) => name === format)?.[1] ?? `audio/${format}`;
}

function formatOfType(mediaType: string | undefined): string | undefined {
  if (mediaType === undefined) return undefined;
  const known = formats.find(([, type]) => type === mediaType)?.[0];
  return known ?? /^audio\/(.*)$/s.exec(mediaType)?.[1];
}

/** The block for a part. Reports parts without a block, and what a block cannot express. */
export function freshBlock(
  part: ContentPart,
  place: Place,
  path: string,
  lost: ReportLost,
): JsonObject | undefined {
  const block = writeBlock(part, place);
  if (block === undefined)
    lost({ path, reason: `No block can hold a part of type ${part.content_type}.` });
  else if (!isSameJsonText(readBlock(block, "", ignoreLeft), part)) {
    lost({ path, reason: `A block cannot hold all of a part of type ${part.content_type}.` });
  }
  return block;
}

function writeBlock(part: ContentPart, place: Place): JsonObject | undefined {
  if (part.content_type === "text") {
    if (place === "chat") return { type: "text", text: part.text };
    if (place === "input") return { type: "input_text", text: part.text };
    return { type: "output_text", text: part.text, annotations: [] };
  }
  if (place === "output") return undefined;
  switch (part.content_type) {
    case "image": {
      const url = urlOfMedia(part.content);
      if (place === "chat") return { type: "image_url", image_url: { url } };
      return { type: "input_image", detail: "auto", image_url: url };
    }
    case "audio":
      return writeAudio(part.content);
    case "document":
      return writeFile(part.content, place);
    default:
      return undefined;
  }
}

function writeAudio({ type, data, media_type }: Media): JsonObject | undefined {
  const format = formatOfType(media_type);
  if (type === "url" || format === undefined) return undefined;
  return { type: "input_audio", input_audio: { data, format } };
}

function writeFile(source: Of<"document">["content"], place: Place): JsonObject | undefined {
  const { type, data, media_type, title } = source;
  const isLink = type === "url" && !data.startsWith("data:");
  if (isLink && place === "chat") return undefined;
  const bytes = type === "base64" && media_type === undefined ? data : urlOfMedia(source);
  const file = compact([
    [isLink ? "file_url" : "file_data", bytes],
    ["filename", title],
  ]);
  return place === "chat" ? { type: "file", file } : { type: "input_file", ...file };
}

/** A block of a document, and its place there. */
export interface OldBlock {
  readonly block: JsonObject;
  readonly from: string;
}

/** A changed part over the block of the old one. The settings of the block stay. */
export function overBlock(
  { block, from }: OldBlock,
  part: ContentPart,
  path: string,
  place: Place,
  { lost, removed }: LossReporter,
): JsonObject | undefined {
  const kind = textAt(block, "type") ?? "";
  if (part.content_type === "text" || part.content_type === "thinking") {
    return overText(block, kind === "refusal" ? "refusal" : "text", part.text, path, lost);
  }
  const fresh = freshBlock(part, place, path, lost);
  if (fresh === undefined) return undefined;
  const written = overMedium(block, kind, fresh);
  reportReplaced(block, written, from, removed);
  return written;
}

function overMedium(block: JsonObject, kind: string, fresh: JsonObject): JsonObject {
  if (kind === "input_image")
    return overlay(withFields(block, { file_id: undefined }), without(fresh, "detail"));
  if (kind === "input_file") return overlay(overFile(block), fresh);
  if (kind !== "file" || !isObject(block.file)) return overlay(block, fresh);
  return overlay(withFields(block, { file: overFile(block.file) }), fresh);
}

/** The name and every place of a file belong to the old one. */
function overFile(file: JsonObject): JsonObject {
  const old = ["file_data", "file_url", "file_id", "filename"];
  return withFields(file, Object.fromEntries(old.map((key) => [key, undefined])));
}

function without(json: JsonObject, key: string): JsonObject {
  return withFields(json, { [key]: undefined });
}

/** Also used for the texts of a chat message, which are not blocks. */
function overText(
  block: JsonObject,
  key: string,
  text: string,
  path: string,
  lost: ReportLost,
): JsonObject {
  const changes = staleKeys(block, ofOldText, path, lost).map(
    (each) => [each, each === "annotations" ? [] : undefined] as const,
  );
  return withFields(block, { ...Object.fromEntries(changes), [key]: text });
}
