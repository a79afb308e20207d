/** Images and documents: where their bytes are. */
import type { ContentPart } from "../../messages/index.ts";
import { type Block, isObject, type JsonObject, written } from "./json.ts";

type Media = Extract<ContentPart, { readonly content_type: "image" | "document" }>["content"];

/** Where a message has it; `undefined` for a source that no part can name, such as a file's id. */
export function readSource(source: JsonObject): Media | undefined {
  switch (source.type) {
    case "base64":
      return {
        type: "base64",
        data: source.data as string,
        media_type: source.media_type as string,
      };
    case "url":
      return { type: "url", data: source.url as string };
    default:
      return undefined;
  }
}

/** A source over the old one, if that is of the same type; bytes need a media type here. */
export function writeSource(media: Media, old: Block | undefined): JsonObject | undefined {
  const { type, data, media_type } = media;
  if (type === "base64" && media_type === undefined) return undefined;
  const base = isObject(old?.source) && old.source.type === type ? old.source : undefined;
  return type === "url"
    ? written(base, { type, url: data })
    : written(base, { type, media_type, data });
}
