/** Media that providers write as a URL, with or without the bytes in it, or with a format name. */
import { base64Of } from "./bytes.ts";

/** The media types of formats that do not follow from the format's name. */
export const mediaTypes: ReadonlyMap<string, string> = new Map([
  ["csv", "text/csv"],
  ["doc", "application/msword"],
  ["docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"],
  ["flv", "video/x-flv"],
  ["html", "text/html"],
  ["md", "text/markdown"],
  ["mkv", "video/x-matroska"],
  ["mov", "video/quicktime"],
  ["three_gp", "video/3gpp"],
  ["txt", "text/plain"],
  ["wmv", "video/x-ms-wmv"],
  ["xls", "application/vnd.ms-excel"],
  ["xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"],
]);

/** Returns a format's media type: the one in `known`, or else `kind` with the format's name. */
export function typeOfFormat(format: unknown, kind: string, known = mediaTypes) {
  return typeof format === "string" ? (known.get(format) ?? `${kind}/${format}`) : undefined;
}

/** A medium's bytes or URL, in the form that messages have. */
export interface MediaSource {
  readonly type: "url" | "base64";
  readonly data: string;
  readonly media_type?: string | undefined;
}

/** Whether a string is a `data:` URL, even one that cannot be read. */
export function isDataUrl(text: string): boolean {
  return /^\s*data:/i.test(text);
}

/**
 * Returns a `data:` URL's content as base64, and its type with all parameters. Any other URL stays.
 *
 * @param type the type of a `data:` URL that does not name one
 */
export function mediaFromUrl(url: string, type = "text/plain"): MediaSource {
  // RFC 2397
  const [begin, typeGiven = "", isBase64] = /^\s*data:([^,]*?)(;\s*base64\s*)?,/i.exec(url) ?? [];
  if (begin === undefined) return { type: "url", data: url };
  const media_type = /^\s*(?:;|$)/.test(typeGiven) ? `${type}${typeGiven}` : typeGiven;
  const text = url.slice(begin.length);
  if (isBase64 === undefined) {
    return { type: "base64", data: base64Of(percentDecoded(text)), media_type };
  }
  const data = text.includes("%") ? new TextDecoder().decode(percentDecoded(text)) : text;
  return { type: "base64", data, media_type };
}

/** A `%` that is not followed by two hex digits stands for itself (URL Standard). */
function percentDecoded(text: string): Uint8Array {
  const bytes = new TextEncoder().encode(text);
  let length = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    let byte = bytes[at] ?? 0;
    if (byte === percent) {
      const hex = String.fromCharCode(...bytes.subarray(at + 1, at + 3));
      if (/^[0-9a-f]{2}$/i.test(hex)) {
        byte = Number.parseInt(hex, 16);
        at += 2;
      }
    }
    bytes[length] = byte;
    length += 1;
  }
  return bytes.subarray(0, length);
}

const percent = "%".charCodeAt(0);

/** Bytes without a media type become `application/octet-stream`. A URL stays as it is. */
export function urlOfMedia({ type, data, media_type }: MediaSource): string {
  return type === "url" ? data : `data:${media_type ?? "application/octet-stream"};base64,${data}`;
}
