/** Media that providers write as a URL, with the bytes in it or not. */

/** Where a medium is, as messages have it. */
export interface MediaSource {
  readonly type: "url" | "base64";
  readonly data: string;
  readonly media_type?: string | undefined;
}

/** A `data:` URL with base64 and no parameters is taken apart; any other stays a URL. */
export function mediaFromUrl(url: string): MediaSource {
  // RFC 2397
  const begin = /^data:([\w.+-]+\/[\w.+-]+);base64,/.exec(url);
  if (begin === null) return { type: "url", data: url };
  return { type: "base64", data: url.slice(begin[0].length), media_type: begin[1] };
}

/** Without a type, bytes are told to be just that. */
export function urlOfMedia({ type, data, media_type }: MediaSource): string {
  return type === "url" ? data : `data:${media_type ?? "application/octet-stream"};base64,${data}`;
}
