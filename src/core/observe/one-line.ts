/**
 * Text on one line: characters that do not print are spelled out as `\u{a}`, and the rest is cut.
 *
 * Spelling out works character by character, so a secret that holds such characters is found in the
 * spelled text by its own spelled form. Backslashes stay as they are: what was spelled out once is
 * not spelled out again.
 */

/** Replaces what was removed. */
export const marker = "[REDACTED]";
/** Marks where a string was cut. */
export const ellipsis = "…";
/** The maximum length of a string in a record, without the ellipsis. */
const maxTextUnits = 500;

/** Control, format and lone surrogate characters, and the separators of lines and paragraphs. */
const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** A line feed becomes `\u{a}`, and so on. */
export function spelledOut(text: string): string {
  return text.replace(unprintable, (each) => `\\u{${each.codePointAt(0)?.toString(16)}}`);
}

/** What means something only as a whole: a marker, or a spelled-out character. */
const whole = /\[REDACTED\]|\\u\{[\da-f]{1,6}\}/g;

/** At most 500 units and an ellipsis. Markers and characters are not cut in two. */
export function cut(text: string): string {
  if (text.length <= maxTextUnits) return text;
  if (text.length === maxTextUnits + 1 && text.endsWith(ellipsis)) return text;
  let end = maxTextUnits;
  for (const { 0: found, index } of text.slice(0, end + marker.length).matchAll(whole)) {
    if (index < end && index + found.length > end) end = index;
  }
  const kept = text.slice(0, end).replace(/[\ud800-\udbff]$/, "");
  // A backslash belongs to what comes after it, and one ellipsis is enough.
  return kept.replace(/[\\…]+$/, "") + ellipsis;
}
