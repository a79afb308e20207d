/**
 * Finds the value that follows a key in a string.
 *
 * Knows the forms of headers, assignments, JSON and the like. If a form is not closed, the value
 * extends to the end: too much is removed rather than too little.
 */
import { announcesCredential, type Sensitivity } from "./sensitive-words.ts";

/** A stretch of a string. */
interface Stretch {
  readonly start: number;
  readonly end: number;
}

/** A space, or a character that was spelled out, as the source of a pattern with the flag `u`. */
export const space = "(?:\\p{Zs}|\\\\u\\{[\\da-f]{1,6}\\})";

const spaces = new RegExp(`${space}*`, "uy");
/** What closes the key: `"token": …`, `headers["token"] = …`. */
const closers = new RegExp(`(?:["'\`\\])]|(?!${space})\\\\)*`, "uy");
/** `=`, `:`, `=>` and the end of a tag, with spaces. */
const parting = new RegExp(`>?(?:${space}|[=:]|(?<==)>)*`, "uy");
/** What may come between a value and the next one that belongs to it. */
const between = new RegExp(`${space}*((?:[=:]${space}*)*)`, "uy");
const anySpace = new RegExp(space, "gu");
/** A spelled-out line end, as Unicode defines it: UAX #14 classes BK, CR, LF and NL. */
const lineEnd = /\\u\{(?:[abcd]|85|2028|2029)\}/g;
/**
 * What is no value: that there is none, or a header, which has a value of its own up to the end of
 * its line.
 */
const noValue = new RegExp(
  `(?:(?:is|are|was)${space}+)?not${space}+(?:set|defined|found|provided|configured|valid)` +
    `[^\\p{L}\\p{N}\\p{Zs}\\\\]*(?:$|${space})|` +
    `(?:(?:proxy-)?authorization|(?:set-)?cookie)${space}*[=:]`,
  "uy",
);
/** A quote, after any backslashes. */
const quote = /(\\*)(["'`])/y;

export function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text) ?? undefined;
}

/** Returns where a pattern that always matches ends. */
function endOf(pattern: RegExp, text: string, at: number): number {
  matchAt(pattern, text, at);
  return pattern.lastIndex;
}

/** Returns where a pattern with the flag `g` matches next, or the end of the text. */
function nextOf(pattern: RegExp, text: string, at: number): number {
  return matchAt(pattern, text, at)?.index ?? text.length;
}

/** Returns the value of the key that ends at `keyEnd`; `undefined` if none follows. */
export function valueAfter(
  text: string,
  lower: string,
  keyEnd: number,
  key: Sensitivity,
): Stretch | undefined {
  const closed = endOf(closers, text, keyEnd);
  const from = endOf(parting, text, closed);
  const hasMark = /[=:>]/.test(text.slice(closed, from));
  // A quoted word followed by a space is prose.
  const isParted = hasMark || (key.isWhole && from > closed && closed === keyEnd);
  if (!isParted || from >= text.length) return undefined;
  const isHeader = key.isHeader && hasMark;
  if (!isHeader && matchAt(noValue, lower, from)) return undefined;
  const first = valueAt(text, from, isHeader);
  let last = first;
  for (;;) {
    const next = nextValue(text, lower, last);
    if (next === undefined) break;
    // A header that goes on after its quotes extends to the end of its line.
    if (isHeader) return { start: first.start, end: nextOf(lineEnd, text, first.end) };
    last = valueAt(text, next, false);
  }
  // A single value is taken from inside its quotes, several with everything around them.
  const { start, end } = last === first ? first.inner : { start: first.start, end: last.end };
  return start < end ? { start, end } : undefined;
}

/** A value with its quotes, and what is between them. */
interface Value extends Stretch {
  readonly inner: Stretch;
  /** Whether more may belong to it: false if it ended with the line or the text. */
  readonly isOpen: boolean;
}

function valueAt(text: string, start: number, isHeader: boolean): Value {
  const quoted = matchAt(quote, text, start);
  if (quoted !== undefined) return quotedValue(text, start, quoted);
  if (isHeader) return bare(start, nextOf(lineEnd, text, start), false);
  const bracket = "[{(".indexOf(text.charAt(start));
  return bracket < 0
    ? bare(start, nextOf(anySpace, text, start))
    : bracketed(text, start, "]})".charAt(bracket));
}

function bare(start: number, end: number, isOpen = true): Value {
  return { start, end, inner: { start, end }, isOpen };
}

/** The closing quote has no more backslashes before it than the opening one. */
function quotedValue(
  text: string,
  start: number,
  [opening = "", before = "", mark = ""]: readonly string[],
): Value {
  const inside = start + opening.length;
  let backslashes = 0;
  for (let at = inside; at < text.length; at++) {
    if (text[at] === mark && backslashes <= before.length) {
      return { start, end: at + 1, inner: { start: inside, end: at - backslashes }, isOpen: true };
    }
    backslashes = text[at] === "\\" ? backslashes + 1 : 0;
  }
  const end = text.length;
  return { start, end, inner: { start: inside, end }, isOpen: false };
}

/** Extends to the bracket that closes the first one. Brackets in double quotes are text. */
function bracketed(text: string, start: number, closes: string): Value {
  const opens = text[start];
  let depth = 0;
  let inText = false;
  for (let at = start; at < text.length; at++) {
    if (text[at] === '"') inText = !inText;
    else if (inText) at += text[at] === "\\" ? 1 : 0;
    else if (text[at] === opens) depth += 1;
    else if (text[at] === closes) {
      depth -= 1;
      if (depth === 0) return bare(start, at + 1);
    }
  }
  return bare(start, text.length, false);
}

/** Returns where the next value begins, if this one was another key or named a scheme. */
function nextValue(text: string, lower: string, value: Value): number | undefined {
  if (!value.isOpen) return undefined;
  const next = endOf(between, text, value.end);
  const goesOn =
    next > endOf(spaces, text, value.end) ||
    /[=:]/.test(text.charAt(value.end - 1)) ||
    announcesCredential(lower.slice(value.start, value.end));
  const isLast = next >= text.length || matchAt(noValue, lower, next) !== undefined;
  return goesOn && !isLast ? next : undefined;
}
