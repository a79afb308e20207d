/** Prepares a string for a record: one line, bounded, without secrets. */
import { optionsInvalid } from "../errors/index.ts";
import { shortened } from "../hooks/index.ts";
import { withoutCredentials } from "./credentials.ts";
import { cut, ellipsis, spelledOut } from "./one-line.ts";
import { type Needles, needlesOf, withoutBegun, withoutSecrets } from "./secrets.ts";

/**
 * Prepares a string for a record: one line of at most 500 characters and an ellipsis, without
 * anything that looks like a credential and without the strings in `secrets`.
 *
 * `[REDACTED]` replaces what follows the words authorization, bearer, token, secret, password, api
 * key and cookie after `=`, `:` or a space; the user and password of a URL; PEM blocks; and every
 * occurrence of a secret. Unprintable characters are spelled out as `\u{a}`. Redacting a redacted
 * string changes nothing. The work is linear in the length of the string.
 *
 * A secret is found whatever the case of its ASCII letters, line by line, and as JSON, URLs and
 * `deny` write it, but in no other encoding. One of up to three characters is found only as a
 * separate word, because it would tear ordinary text apart. Where a string was cut, the first
 * characters of a secret are removed too, if there are four or more. The result contains a secret
 * only where the marker or the ellipsis forms part of it: "REDACT" is in every marker.
 *
 * @throws GlassineError `options_invalid`
 * @see spec `audit:redacted-words`, `audit:redacted-secrets`
 * @example
 * ```ts
 * import { redactText } from "glassine/audit";
 *
 * console.log(redactText("ada sent token=abc", ["ada"])); // [REDACTED] sent token=[REDACTED]
 * ```
 */
export function redactText(text: string, secrets: readonly string[]): string {
  const isString = (value: unknown) => typeof value === "string";
  if (!Array.isArray(secrets) || ![text, ...secrets].every(isString))
    throw optionsInvalid("redactText expects a string, and its secrets in an array of strings.");
  return cleaned(text, needlesOf(secrets));
}

/** Longer strings are cut before they are searched. Of a string in a record, 500 units are shown. */
const maxSearched = 10_000;

/**
 * Redacts a string for a record or the log, for secrets that are already prepared for the search.
 * It may quote a whole payload, all of which would be searched for each secret.
 */
export function redacted(text: string, needles: Needles): string {
  if (text.length <= maxSearched) return cleaned(text, needles);
  // Between two words: the first part of a URL's password would not look like one.
  const space = text.lastIndexOf(" ", maxSearched);
  return cleaned(shortened(text, space > maxSearched / 2 ? space : maxSearched), needles);
}

function cleaned(text: string, needles: Needles): string {
  const line = spelledOut(text);
  // An ellipsis at the end may come from an earlier cut, so it is not searched.
  const rest = line.endsWith(ellipsis) ? line.slice(0, -ellipsis.length) : line;
  // Secrets go after credentials, so that none hides the word before a value. If there were any,
  // remove credentials again, because what is left may read as another one.
  const safe = withoutCredentials(rest);
  const bare = withoutSecrets(safe, needles);
  const clean = bare === safe ? safe : withoutCredentials(bare);
  let short = cut(rest === line ? clean : clean + ellipsis);
  for (let before = ""; short !== before && short.endsWith(ellipsis); ) {
    before = short;
    // What stands in front of a cut may be a word of its own now, or a value.
    const kept = withoutBegun(short, needles).slice(0, -ellipsis.length);
    short = cut(withoutCredentials(withoutSecrets(kept, needles)) + ellipsis);
  }
  return short;
}
