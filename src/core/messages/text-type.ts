import { typeName } from "../data/index.ts";
import { optionsInvalid } from "../errors/index.ts";

/** The subtypes of `application/` that are text. */
const textual =
  /^(?:x-)?(?:csv|ecmascript|graphql|httpd-php|javascript|json|jsonl|latex|markdown|ndjson|perl|php|python(?:-code)?|rtf|ruby|rust|sh|shellscript|sql|tex|toml|typescript|www-form-urlencoded|xml|ya?ml)$/;

/**
 * Whether a media type says that a file is text: `text/plain`, `application/json`,
 * `application/atom+xml`, source code. Parameters and case do not matter.
 *
 * @throws GlassineError `options_invalid` for what is not a string
 */
export function isTextType(mediaType: string): boolean {
  if (typeof mediaType !== "string") {
    throw optionsInvalid(`isTextType expects a media type, a string, got ${typeName(mediaType)}.`);
  }
  const [type = ""] = mediaType.toLowerCase().split(";");
  const [top, name = ""] = type.trim().split("/");
  return (
    top === "text" ||
    /\+(?:json|xml|ya?ml)$/.test(name) ||
    (top === "application" && textual.test(name))
  );
}
