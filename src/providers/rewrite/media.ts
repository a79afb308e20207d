/** Media that providers write as a URL, with or without the bytes in it, or by their format. */

/** The media types of formats that they do not name. */
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

/** The media type of a format: that of a `known` name, or else of this kind with the same name. */
export function typeOfFormat(format: unknown, kind: string, known = mediaTypes) {
  return typeof format === "string" ? (known.get(format) ?? `${kind}/${format}`) : undefined;
}

/** Where a medium is, as messages have it. */
export interface MediaSource {
  readonly type: "url" | "base64";
  readonly data: string;
  readonly media_type?: string | undefined;
}

/** A `data:` URL with base64 and no parameters is decoded; any other stays a URL. */
export function mediaFromUrl(url: string): MediaSource {
  // RFC 2397
  const begin = /^data:([\w.+-]+\/[\w.+-]+);base64,/.exec(url);
  if (begin === null) return { type: "url", data: url };
  return { type: "base64", data: url.slice(begin[0].length), media_type: begin[1] };
}

/** Bytes without a media type become `application/octet-stream`. */
export function urlOfMedia({ type, data, media_type }: MediaSource): string {
  return type === "url" ? data : `data:${media_type ?? "application/octet-stream"};base64,${data}`;
}
