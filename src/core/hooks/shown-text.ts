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

/** Replaces each run of characters that must not be shown with a space. */
export function withSpaces(text: string): string {
  let line = "";
  let rest = text;
  for (;;) {
    const run = execPattern(unprintable, rest);
    if (run === null) return line + rest;
    line += `${slice(rest, 0, run.index)} `;
    rest = slice(rest, run.index + run[0].length);
  }
}
