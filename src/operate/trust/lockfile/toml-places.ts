/**
 * Finds where headers, keys and values are in a TOML text.
 *
 * The parser has already accepted the text, and decides what a value means: this reads only the
 * layout. TOML 1.1, https://toml.io/en/v1.1.0
 */
import { parse } from "smol-toml";

/** Offsets: `end` is after the last character. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface FieldPlace extends Span {
  /** As it is spelled: `"id"`, `a . b`. */
  readonly key: string;
  readonly value: Span;
}

/** A header, `[x]` or `[[x]]`, and the fields below it. `end` is the end of the header. */
export interface TablePlace extends Span {
  /** As it is spelled, without the brackets and the spaces inside them. */
  readonly key: string;
  readonly fields: readonly FieldPlace[];
}

/** The fields above the first header, and the tables. */
export interface Places {
  readonly fields: readonly FieldPlace[];
  readonly tables: readonly TablePlace[];
}

/** `text` has to be valid TOML. */
export function placesOf(text: string): Places {
  const top: FieldPlace[] = [];
  const tables: TablePlace[] = [];
  let fields = top;
  let at = afterBlank(text, 0);
  while (at < text.length) {
    let end: number;
    if (text[at] === "[") {
      fields = [];
      const table = { ...readHeader(text, at), fields };
      tables.push(table);
      end = table.end;
    } else {
      const field = readField(text, at);
      fields.push(field);
      end = field.end;
    }
    at = afterBlank(text, afterLine(text, end));
  }
  return { fields: top, tables };
}

const bareKey = /^[A-Za-z0-9_-]+$/;

/** Whether a key is spelled as one word, without quotes or dots. */
export function isBare(key: string): boolean {
  return bareKey.test(key);
}

/** The parts of a key: `a."b c"` has two. */
export function partsOf(key: string): readonly string[] {
  if (isBare(key)) return [key];
  const parts: string[] = [];
  let level: unknown = parse(`${key} = 0`);
  while (typeof level === "object" && level !== null) {
    const [[part, below]] = Object.entries(level) as [[string, unknown]];
    parts.push(part);
    level = below;
  }
  return parts;
}

/** The offset after the line feed that ends the line, or the end of the text. */
export function afterLine(text: string, at: number): number {
  const lineFeed = text.indexOf("\n", at);
  return lineFeed === -1 ? text.length : lineFeed + 1;
}

/** Returns the beginning of the line that contains an offset. */
export function lineStart(text: string, offset: number): number {
  // With an index below 0, `lastIndexOf` would still look at index 0.
  return offset === 0 ? 0 : text.lastIndexOf("\n", offset - 1) + 1;
}

/** The offset after spaces, line ends and comments. */
function afterBlank(text: string, from: number): number {
  let at = from;
  for (;;) {
    at = indexOf(/[^ \t\r\n]/g, text, at);
    if (text[at] !== "#") return at;
    at = afterLine(text, at);
  }
}

function indexOf(pattern: RegExp, text: string, from: number): number {
  pattern.lastIndex = from;
  return pattern.exec(text)?.index ?? text.length;
}

function readHeader(text: string, start: number): Omit<TablePlace, "fields"> {
  const brackets = text[start + 1] === "[" ? 2 : 1;
  const keyEnd = endOfKey(text, start + brackets, "]");
  const key = text.slice(start + brackets, keyEnd).trim();
  return { start, end: keyEnd + brackets, key };
}

function readField(text: string, start: number): FieldPlace {
  const equals = endOfKey(text, start, "=");
  const value = readValue(text, indexOf(/[^ \t]/g, text, equals + 1));
  return { start, end: value.end, key: text.slice(start, equals).trim(), value };
}

function endOfKey(text: string, from: number, closer: string): number {
  let at = from;
  while (at < text.length && text[at] !== closer)
    at = isQuote(text[at]) ? afterString(text, at) : at + 1;
  return at;
}

function isQuote(character: string | undefined): boolean {
  return character === '"' || character === "'";
}

function readValue(text: string, start: number): Span {
  if (isQuote(text[start])) return { start, end: afterString(text, start) };
  const isList = text[start] === "[" || text[start] === "{";
  return { start, end: isList ? afterList(text, start) : afterBareValue(text, start) };
}

/** The offset after an array or an inline table. */
function afterList(text: string, start: number): number {
  let depth = 0;
  let at = start;
  do {
    const character = text[at] as string;
    if ("[{".includes(character)) depth += 1;
    if ("]}".includes(character)) depth -= 1;
    if (character === "#") at = afterLine(text, at);
    else at = isQuote(character) ? afterString(text, at) : at + 1;
  } while (depth > 0 && at < text.length);
  return at;
}

/** The offset after a number, boolean or date. A date can have a space before its time. */
function afterBareValue(text: string, start: number): number {
  const pattern = /[^\s,\]}#]+(?: \d\d:[^\s,\]}#]+)?/y;
  pattern.lastIndex = start;
  return start + (pattern.exec(text)?.[0].length ?? 1);
}

/** The offset after the closing quotes. If five quotes end a string, the first two are content. */
function afterString(text: string, start: number): number {
  const quote = text[start] as string;
  const fence = quote.repeat(3);
  const closer = text.startsWith(fence, start) ? fence : quote;
  let at = start + closer.length;
  while (at < text.length && !text.startsWith(closer, at)) {
    const escapes = quote === '"' && text[at] === "\\";
    at += escapes ? 2 : 1;
  }
  at += closer.length;
  for (let i = 0; i < 2 && closer === fence && text[at] === quote; i++) at += 1;
  return at;
}
