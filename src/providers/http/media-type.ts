/** The media type of a `content-type`, in lower case and without parameters. */
export function mediaTypeOf(contentType: string | null | undefined): string | undefined {
  return contentType?.split(";")[0]?.trim().toLowerCase();
}
