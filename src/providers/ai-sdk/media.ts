/**
 * Media: the SDK has one kind of file; the media type distinguishes images, audio, video and
 * documents.
 *
 * A type with a star only names the kind, so it is read as no media type.
 */

import type { ContentPart } from "../../core/messages/index.ts";
import { mediaFromUrl } from "../rewrite/index.ts";

export type MediaPart = Extract<
  ContentPart,
  { readonly content_type: "image" | "audio" | "video" | "document" }
>;
export type MediaKind = MediaPart["content_type"];

const kinds = ["image", "audio", "video", "document"] as const;

export function isMedia(kind: unknown): kind is MediaKind {
  return kinds.some((each) => each === kind);
}

/** The kind of media that a media type belongs to. */
export function kindOfType(mediaType: string | undefined): MediaKind {
  const [top] = (mediaType ?? "").toLowerCase().split("/");
  return kinds.find((kind) => kind === top && kind !== "document") ?? "document";
}

/** The media type that only names the kind. */
export function anyOfKind(kind: MediaKind): string {
  return kind === "document" ? "*/*" : `${kind}/*`;
}

/** Whether a media type only names the kind. In ai 7 the star may be omitted. */
function isAny(mediaType: string, kind: MediaKind): boolean {
  return mediaType === anyOfKind(kind) || (mediaType === kind && kind !== "document");
}

/** Whether data has a URL scheme, which base64 cannot have (RFC 3986 §3.1). */
export function looksLikeUrl(data: string): boolean {
  return data.includes(":");
}

/**
 * A media part from a URL or base64 and its media type. The type in a `data:` URL takes
 * precedence, as in the SDK.
 */
export function readMedia(
  source: { readonly type: "url" | "base64"; readonly data: string },
  mediaType: string | undefined,
  more: { readonly kind?: MediaKind; readonly filename?: unknown } = {},
): MediaPart {
  const { type, data, media_type } =
    source.type === "url"
      ? mediaFromUrl(source.data)
      : {
          ...source,
          media_type: undefined,
        };
  const known = media_type ?? mediaType;
  const kind = more.kind ?? kindOfType(known);
  const { filename } = more;
  return {
    content_type: kind,
    content: {
      type,
      data,
      ...(known === undefined || isAny(known, kind) ? {} : { media_type: known }),
      ...(kind === "document" && typeof filename === "string" ? { title: filename } : {}),
    },
  };
}

/** The normalized form of a URL; `undefined` if it is not one. */
export function hrefOf(text: string): string | undefined {
  try {
    return new URL(text).href;
  } catch {
    return undefined;
  }
}
