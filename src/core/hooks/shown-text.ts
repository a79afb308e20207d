/** Makes strings that come from somebody else safe to show. */
import { charCodeAt, execPattern, slice, trim } from "../data/intrinsics.ts";

// Line breaks and control, format and direction characters, which could forge a log or a screen.
const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+/u;

/** Returns a string on one line, cut to `max` characters. */
export function oneLine(text: string, max: number): string {
  return shortened(trim(withSpaces(slice(text, 0, max * 2))), max);
}

/** Cuts a string to `max` characters and an ellipsis. Does not split a surrogate pair. */
export function shortened(text: string, max: number): string {
  if (text.length <= max) return text;
  const isCut = (charCodeAt(text, max - 1) & 0xfc00) === 0xd800;
  return `${slice(text, 0, isCut ? max - 1 : max)}…`;
}

// A text that was cut by its units may begin or end with one.
const loneSurrogates = /\p{Cs}+/u;

/** Replaces lone surrogates, which no JSON data may contain, with a space. */
export function wellFormed(text: string): string {
  return withSpaces(text, loneSurrogates);
}

/** Replaces each run of characters that must not be shown with a space. */
export function withSpaces(text: string, pattern = unprintable): string {
  let line = "";
  let rest = text;
  for (;;) {
    const run = execPattern(pattern, rest);
    if (run === null) return line + rest;
    line += `${slice(rest, 0, run.index)} `;
    rest = slice(rest, run.index + run[0].length);
  }
}
