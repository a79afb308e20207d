/** Images, audio, video and documents as files of the SDK. */
import { mediaFromUrl } from "../rewrite/index.ts";
import { writeFileData } from "./file-data.ts";
import type { Fields } from "./host-values.ts";
import { anyOfKind, hrefOf, kindOfType, looksLikeUrl, type MediaPart } from "./media.ts";
import type { Place } from "./place.ts";

export function writeMedia(part: MediaPart, place: Place): Fields | undefined {
  const { type, data } = part.content;
  const { reportLost } = place;
  // The SDK takes any string with a scheme for a URL and fetches it.
  if (type === "base64" && looksLikeUrl(data)) {
    reportLost("The base64 data would be read as a URL.", "content", "data");
    return undefined;
  }
  if (type === "url" && mediaFromUrl(data).type !== "url") {
    reportLost("A data: URL is read as the data it holds.", "content", "type");
  }
  if ("duration_ms" in part.content && part.content.duration_ms !== undefined) {
    reportLost("A file has no duration.", "content", "duration_ms");
  }
  switch (place.format) {
    case "output":
      if (place.version === "v4") return taggedFile(part, place);
      return type === "url" ? outputUrl(part, place) : outputData(part, place);
    case "result":
      return resultFile(part, place);
    default:
      return promptFile(part, place);
  }
}

/** A file's media type, which tells its kind. */
function typeOf({ content_type: kind, content }: MediaPart, { reportLost }: Place): string {
  const { media_type } = content;
  if (media_type === undefined) return anyOfKind(kind);
  if (kindOfType(media_type) !== kind) {
    reportLost("Its media type belongs to another kind of media.", "content", "media_type");
  } else if (media_type === anyOfKind(kind)) {
    reportLost("This media type is read as no media type.", "content", "media_type");
  }
  return media_type;
}

function titleOf(part: MediaPart): string | undefined {
  return part.content_type === "document" ? part.content.title : undefined;
}

function noTitle(part: MediaPart, { reportLost }: Place): void {
  if (titleOf(part) !== undefined) reportLost("A file has no name here.", "content", "title");
}

function withName(part: MediaPart): { readonly filename?: string } {
  const title = titleOf(part);
  return title === undefined ? {} : { filename: title };
}

function promptFile(part: MediaPart, place: Place): Fields | undefined {
  const { type, data, media_type } = part.content;
  const { format, role, version, reportLost } = place;
  if (version === "v4") return taggedFile(part, place);
  const href = type === "url" ? hrefOf(data) : data;
  if (href === undefined) {
    reportLost("Not an absolute URL.", "content", "data");
    return undefined;
  }
  if (format === "messages") {
    const isImage = part.content_type === "image" && role === "user";
    if (isImage && (media_type === undefined || kindOfType(media_type) !== "image")) {
      return {
        type: "image",
        image: data,
        ...(media_type === undefined ? {} : { mediaType: media_type }),
      };
    }
    return { type: "file", data, mediaType: typeOf(part, place), ...withName(part) };
  }
  const file = { type: "file", data: href, mediaType: typeOf(part, place), ...withName(part) };
  if (href === data) return file;
  if (version === "v3") return { ...file, originalUrl: data };
  reportLost("The URL is written in normalized form.", "content", "data");
  return file;
}

/** As ai 7 has it, wherever it stands. A result's file has no name. */
function taggedFile(part: MediaPart, place: Place): Fields | undefined {
  const data = writeFileData(part);
  if (data === undefined) {
    place.reportLost("Not an absolute URL.", "content", "data");
    return undefined;
  }
  const isNamed = place.format !== "result";
  if (!isNamed) noTitle(part, place);
  const mediaType = typeOf(part, place);
  return { type: "file", data, mediaType, ...(isNamed ? withName(part) : {}) };
}

function resultFile(part: MediaPart, place: Place): Fields | undefined {
  if (place.version === "v4") return taggedFile(part, place);
  if (part.content.type === "url") {
    place.reportLost("A result holds file data, not URLs.", "content", "type");
    return undefined;
  }
  noTitle(part, place);
  return { type: "file", data: part.content.data, mediaType: typeOf(part, place) };
}

function outputData(part: MediaPart, place: Place): Fields {
  const { data } = part.content;
  const mediaType = typeOf(part, place);
  if (place.version === "v2") {
    noTitle(part, place);
    return { type: "media", data, mediaType };
  }
  if (part.content_type === "image") return { type: "image-data", data, mediaType };
  return { type: "file-data", data, mediaType, ...withName(part) };
}

function outputUrl(part: MediaPart, place: Place): Fields | undefined {
  const { data: url, media_type } = part.content;
  if (place.version === "v2") {
    place.reportLost("In this version the output of a tool holds file data, not URLs.", "content");
    return undefined;
  }
  noTitle(part, place);
  if (part.content_type === "image" && media_type === undefined) return { type: "image-url", url };
  const isBare = part.content_type === "document" && media_type === undefined;
  return { type: "file-url", url, ...(isBare ? {} : { mediaType: typeOf(part, place) }) };
}
