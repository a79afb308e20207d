/** The subtypes of `application/` that are text. */
const textual =
  /^(?:x-)?(?:csv|ecmascript|graphql|httpd-php|javascript|json|jsonl|latex|markdown|ndjson|perl|php|python(?:-code)?|rtf|ruby|rust|sh|shellscript|sql|tex|toml|typescript|www-form-urlencoded|xml|ya?ml)$/;

/**
 * Whether a media type says that a file is text: `text/plain`, `application/json`,
 * `application/atom+xml`, source code. Parameters and case do not matter.
 */
export function isTextType(mediaType: string): boolean {
  const [type = ""] = mediaType.toLowerCase().split(";");
  const [top, name = ""] = type.trim().split("/");
  return (
    top === "text" ||
    /\+(?:json|xml|ya?ml)$/.test(name) ||
    (top === "application" && textual.test(name))
  );
}
