/**
 * Puts text on one line: unprintable characters are spelled out as `\u{a}`, and long text is cut.
 *
 * Spelling out works character by character, so a secret with such characters is found in the
 * result by its own spelled-out form. Backslashes stay as they are, so that nothing is spelled out
 * twice.
 */

/** Replaces what was removed. */
export const marker = "[REDACTED]";
/** Marks where a string was cut. */
export const ellipsis = "…";
/** The maximum length of a string in a record, without the ellipsis. */
const maxTextUnits = 500;

/** Control, format and lone surrogate characters, and the separators of lines and paragraphs. */
const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** Spells out unprintable characters: a line feed becomes `\u{a}`, and so on. */
export function spelledOut(text: string): string {
  return text.replace(unprintable, (each) => `\\u{${each.codePointAt(0)?.toString(16)}}`);
}

/** Sequences that have a meaning only as a whole: a marker, or a spelled-out character. */
const whole = /\[REDACTED\]|\\u\{[\da-f]{1,6}\}/g;

/** Cuts to at most 500 units and an ellipsis. Markers and characters are not split. */
export function cut(text: string): string {
  if (text.length <= maxTextUnits) return text;
  if (text.length === maxTextUnits + 1 && text.endsWith(ellipsis)) return text;
  let end = maxTextUnits;
  for (const { 0: found, index } of text.slice(0, end + marker.length).matchAll(whole)) {
    if (index < end && index + found.length > end) end = index;
  }
  const kept = text.slice(0, end).replace(/[\ud800-\udbff]$/, "");
  return withoutJoint(kept) + ellipsis;
}

/** Prepares the end of a text for an ellipsis. */
export function withoutJoint(text: string): string {
  // A backslash belongs to what comes after it, and one ellipsis is enough.
  return text.replace(/[\\…]+$/, "");
}
