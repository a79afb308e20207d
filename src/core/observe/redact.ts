/** Prepares a string for a record: one line, bounded, without secrets. */
import { optionsInvalid } from "../errors/index.ts";
import { withoutCredentials } from "./credentials.ts";
import { cut, ellipsis, spelledOut } from "./one-line.ts";
import { type Needles, needlesOf, withoutSecrets } from "./secrets.ts";

/**
 * Prepares a string for a record: one line of at most 500 characters and an ellipsis, without
 * anything that looks like a credential and without the strings in `secrets`.
 *
 * `[REDACTED]` stands for: what follows the words authorization, bearer, token, secret, password,
 * api key and cookie behind `=`, `:` or a space; the user and password of a URL; PEM blocks; and
 * every occurrence of a secret. Characters that do not print are spelled out as `\u{a}`.
 * Redacting a redacted string changes nothing. The work is linear in the length of the string.
 *
 * A secret is found in capital and small letters, line by line, and as JSON and URLs write it; not
 * in another encoding. One of up to three characters is found as a word of its own: it would take
 * every text apart. What is left holds a secret nowhere but where the marker or the ellipsis makes
 * part of it: "REDACT" is in every marker.
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
  return redacted(text, needlesOf(secrets));
}

/** The same, for secrets that are ready to be looked for. */
export function redacted(text: string, needles: Needles): string {
  const line = spelledOut(text);
  // An ellipsis at the end may be ours; it is part of nothing.
  const rest = line.endsWith(ellipsis) ? line.slice(0, -ellipsis.length) : line;
  // Secrets after credentials, so that none hides a word before its value; and once more where there
  // were some, because what is left without them may read as another credential.
  const safe = withoutCredentials(rest);
  const bare = withoutSecrets(safe, needles);
  const clean = bare === safe ? safe : withoutCredentials(bare);
  return cut(rest === line ? clean : clean + ellipsis);
}
