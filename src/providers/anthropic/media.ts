/** The sources of images and documents. */

import type { ContentPart } from "../../core/messages/index.ts";
import { pathOf, type ReportRemoved } from "../rewrite/index.ts";
import { type Block, isObject, type JsonObject, type Path, stringIn, withFields } from "./json.ts";

type Media = Extract<ContentPart, { readonly content_type: "image" | "document" }>["content"];

/** A source as messages have it; `undefined` for one that no part can hold, such as a file id. */
export function readSource(source: JsonObject): Media | undefined {
  switch (source.type) {
    case "base64":
      return {
        type: "base64",
        data: stringIn(source, "data"),
        media_type: stringIn(source, "media_type"),
      };
    case "url":
      return { type: "url", data: stringIn(source, "url") };
    default:
      return undefined;
  }
}

/** An old block with a source, its place in the document, and how to report what is removed. */
interface OldSource {
  readonly block: Block;
  readonly path: Path;
  readonly removed: ReportRemoved;
}

/** A source written over the old one if that has the same type; bytes need a media type here. */
export function writeSource(media: Media, old: OldSource | undefined): JsonObject | undefined {
  const { type, data, media_type } = media;
  if (type === "base64" && media_type === undefined) return undefined;
  const source = isObject(old?.block.source) ? old.block.source : undefined;
  const base = source?.type === type ? source : undefined;
  if (old !== undefined && base === undefined) {
    for (const name of Object.keys(source ?? {})) old.removed(pathOf(...old.path, "source", name));
  }
  return type === "url"
    ? withFields(base, { type, url: data })
    : withFields(base, { type, media_type, data });
}
