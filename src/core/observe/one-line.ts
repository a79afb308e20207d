/**
 * Text on one line: what does not print is spelled out, and the rest is cut.
 *
 * Spelling out is done character by character, so a secret that holds such characters is found in
 * the spelled text by its own spelled form. Backslashes stay as they are: what was spelled out once
 * is not spelled out again.
 */
import { intrinsics } from "../data/index.ts";

const { apply, charCodeAt, endsWith, execPattern, slice } = intrinsics;
const { codePointAt } = String.prototype;
const { toString: numberText } = Number.prototype;

/** What stands where something was taken out. */
export const marker = "[REDACTED]";
/** What stands where a text was cut. */
export const ellipsis = "…";
/** How long a text of a record may be, without the ellipsis. */
const maxTextUnits = 500;

const backslash = 0x5c;
const openBracket = 0x5b;
/** Control, format and lone surrogate characters, and the separators of lines and paragraphs. */
const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

const beyondAscii = /[^\x20-\x7e]/;

/** A line feed becomes `\u{a}`, and so on. */
export function spelledOut(text: string): string {
  if (execPattern(beyondAscii, text) === null) return text;
  let out = "";
  let from = 0;
  unprintable.lastIndex = 0;
  for (;;) {
    const match = execPattern(unprintable, text);
    if (match === null) return from === 0 ? text : out + slice(text, from);
    const point = apply(codePointAt, match[0], [0]) as number;
    out += `${slice(text, from, match.index)}\\u{${apply(numberText, point, [16])}}`;
    from = match.index + match[0].length;
  }
}

/** The length of a spelled-out character that begins at an index; 0 where none does. */
export function spelledLength(text: string, index: number): number {
  if (charCodeAt(text, index) !== backslash || slice(text, index + 1, index + 3) !== "u{") return 0;
  let at = index + 3;
  while (at < index + 9 && isHexDigit(charCodeAt(text, at))) at += 1;
  return at > index + 3 && slice(text, at, at + 1) === "}" ? at + 1 - index : 0;
}

function isHexDigit(unit: number): boolean {
  return (unit >= 0x30 && unit <= 0x39) || (unit >= 0x61 && unit <= 0x66);
}

export function isMarkerAt(text: string, index: number): boolean {
  return (
    charCodeAt(text, index) === openBracket && slice(text, index, index + marker.length) === marker
  );
}

/**
 * At most 500 units and an ellipsis. Nothing is cut in two that means something whole only: a
 * marker, a spelled-out character, a pair of surrogates.
 */
export function cut(text: string): string {
  if (text.length <= maxTextUnits) return text;
  if (text.length === maxTextUnits + 1 && endsWith(text, ellipsis)) return text;
  let end = maxTextUnits;
  // Markers and spelled-out characters are at most this long.
  for (let at = end - marker.length + 1; at < end; at++) {
    const isCut = isMarkerAt(text, at) || spelledLength(text, at) > end - at;
    if (isCut) end = at;
  }
  if ((charCodeAt(text, end - 1) & 0xfc00) === 0xd800) end -= 1;
  // A backslash belongs to what comes after it, and one ellipsis is enough.
  while (end > 0 && isCarried(charCodeAt(text, end - 1))) end -= 1;
  return slice(text, 0, end) + ellipsis;
}

function isCarried(unit: number): boolean {
  return unit === backslash || unit === charCodeAt(ellipsis, 0);
}
