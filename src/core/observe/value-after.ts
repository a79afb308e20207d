/**
 * Where the value of a key ends that a text names.
 *
 * The forms are those of headers, assignments, JSON and its like. Where a form is not closed, the
 * value goes on to the end: too much is taken out rather than too little.
 */
import { intrinsics } from "../data/index.ts";
import { announcesCredential, type Sensitivity } from "./sensitive-words.ts";
import { afterSpaces, isLineEnd, isQuote, spaceLength } from "./units.ts";

const { charCodeAt, indexOf, slice } = intrinsics;

/** A stretch of a text. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
}

/** The value of the key that ends at `keyEnd`, or `undefined` where none follows. */
export function valueAfter(
  text: string,
  lower: string,
  keyEnd: number,
  key: Sensitivity,
): Stretch | undefined {
  const parting = partingAt(text, keyEnd);
  if (parting === undefined || parting.end >= text.length) return undefined;
  if (!parting.hasMark && !key.isWhole) return undefined;
  const isHeader = key.isHeader && parting.hasMark;
  const first = valueAt(text, parting.end, isHeader);
  let last = first;
  for (;;) {
    const next = nextValue(text, lower, last);
    if (next === undefined) break;
    // A header that goes on behind its quotes goes on to the end of its line.
    if (isHeader) return { start: first.start, end: endOfLine(text, first.end) };
    last = valueAt(text, next, false);
  }
  // One value inside its quotes; more of them with all that is around.
  const { start, end } = last === first ? first.inner : { start: first.start, end: last.end };
  return start < end ? { start, end } : undefined;
}

interface Parting {
  readonly end: number;
  /** Whether it is more than spaces: `=`, `:` or `>`. */
  readonly hasMark: boolean;
}

function partingAt(text: string, keyEnd: number): Parting | undefined {
  let at = keyEnd;
  // What closes the key: `"token": …`, `headers["token"] = …`.
  while (isCloser(text, at)) at += 1;
  const closed = at;
  let hasMark = false;
  for (;;) {
    const space = spaceLength(text, at);
    if (space > 0) at += space;
    else if (isMark(text, at) || isArrow(text, at, closed)) {
      hasMark = true;
      at += 1;
    } else break;
  }
  // A quoted word with a space behind it is prose.
  return hasMark || (at > closed && closed === keyEnd) ? { end: at, hasMark } : undefined;
}

function isCloser(text: string, at: number): boolean {
  if (isQuote(text, at)) return true;
  const unit = charCodeAt(text, at);
  return unit === 0x5d || unit === 0x29 || (unit === 0x5c && spaceLength(text, at) === 0);
}

function isMark(text: string, at: number): boolean {
  const unit = charCodeAt(text, at);
  return unit === 0x3d || unit === 0x3a;
}

/** `=>`, and the end of a tag. */
function isArrow(text: string, at: number, closed: number): boolean {
  return charCodeAt(text, at) === 0x3e && (at === closed || charCodeAt(text, at - 1) === 0x3d);
}

/** A value with its quotes, and what is between them. */
interface Value extends Stretch {
  readonly inner: Stretch;
  /** Whether more may belong to it: not where a line or the text has ended it. */
  readonly isOpen: boolean;
}

function valueAt(text: string, start: number, isHeader: boolean): Value {
  const quote = quoteAt(text, start);
  if (quote >= 0) return quotedValue(text, start, quote);
  if (isHeader) return bare(start, endOfLine(text, start), false);
  const closing = closingOf(slice(text, start, start + 1));
  return closing === "" ? bare(start, endOfRun(text, start)) : bracketed(text, start, closing);
}

function bare(start: number, end: number, isOpen = true): Value {
  return { start, end, inner: { start, end }, isOpen };
}

/** The index of the quote that opens a value, behind any backslashes; -1 where there is none. */
function quoteAt(text: string, start: number): number {
  let at = start;
  while (charCodeAt(text, at) === 0x5c) at += 1;
  return isQuote(text, at) ? at : -1;
}

/** The quote that closes has no more backslashes before it than the one that opens. */
function quotedValue(text: string, start: number, quote: number): Value {
  const depth = quote - start;
  const opening = charCodeAt(text, quote);
  let backslashes = 0;
  for (let at = quote + 1; at < text.length; at++) {
    const unit = charCodeAt(text, at);
    if (unit === opening && backslashes <= depth) {
      return {
        start,
        end: at + 1,
        inner: { start: quote + 1, end: at - backslashes },
        isOpen: true,
      };
    }
    backslashes = unit === 0x5c ? backslashes + 1 : 0;
  }
  const end = text.length;
  return { start, end, inner: { start: quote + 1, end }, isOpen: false };
}

function closingOf(opening: string): string {
  const at = indexOf("[{(", opening);
  return opening === "" || at < 0 ? "" : slice("]})", at, at + 1);
}

/** To the bracket that closes the first one. Those in double quotes are text. */
function bracketed(text: string, start: number, closing: string): Value {
  const opens = charCodeAt(text, start);
  const closes = charCodeAt(closing, 0);
  let depth = 0;
  let inText = false;
  for (let at = start; at < text.length; at++) {
    const unit = charCodeAt(text, at);
    if (unit === 0x22) inText = !inText;
    else if (inText) at += unit === 0x5c ? 1 : 0;
    else if (unit === opens) depth += 1;
    else if (unit === closes) {
      depth -= 1;
      if (depth === 0) return bare(start, at + 1);
    }
  }
  return bare(start, text.length, false);
}

function endOfLine(text: string, start: number): number {
  let at = start;
  while (at < text.length && !isLineEnd(text, at)) at += 1;
  return at;
}

function endOfRun(text: string, start: number): number {
  let at = start;
  while (at < text.length && spaceLength(text, at) === 0) at += 1;
  return at;
}

/** Where the next value begins, if this one was another key or named a scheme. */
function nextValue(text: string, lower: string, value: Value): number | undefined {
  if (!value.isOpen) return undefined;
  const behind = afterSpaces(text, value.end);
  let next = behind;
  while (next < text.length && isMark(text, next)) next = afterSpaces(text, next + 1);
  const goesOn =
    next > behind ||
    isMark(text, value.end - 1) ||
    announcesCredential(slice(lower, value.start, value.end));
  return goesOn && next < text.length ? next : undefined;
}
