/** Whether a response is a stream of server-sent events. */
export function isEventStream({ headers }: Response): boolean {
  return mediaTypeOf(headers.get("content-type")) === "text/event-stream";
}

/** The media type of a `content-type`, in lower case and without parameters. */
export function mediaTypeOf(contentType: string | null | undefined): string | undefined {
  return contentType?.split(";")[0]?.trim().toLowerCase();
}
