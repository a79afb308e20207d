/**
 * The grammars of labels, header names and instants; sets of strings; UTF-8. A set is a frozen
 * array, sorted by code point, without duplicates.
 */
import {
  append,
  charCodeAt,
  concat,
  decodePercent,
  execPattern,
  freeze,
  isArray,
  isoText,
  type List,
  newArray,
  newList,
  newRecord,
  none,
  normalize,
  parseDate,
  slice,
  sortInPlace,
  toArray,
  toLowerAscii,
  trim,
} from "./intrinsics.ts";

/** Orders by Unicode code point. UTF-16 order differs: surrogates sort before U+E000…U+FFFF. */
function byCodePoint(a: string, b: string): number {
  const shorter = a.length < b.length ? a : b;
  for (let i = 0; i < shorter.length; i++) {
    const x = charCodeAt(a, i);
    const y = charCodeAt(b, i);
    if (x !== y) return codePointRank(x) - codePointRank(y);
  }
  return a.length - b.length;
}

function codePointRank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}

// Control, format, surrogate, private and unassigned characters; every space but U+0020; and
// characters that print as nothing (braille blank, Hangul fillers, variation selectors).
const invisible = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]|(?! )\p{Zs}/u;

/**
 * Whether `text` is a label: 1 to `max` code points, NFC, printable, not padded. The length is
 * checked first, because normalizing a run of combining marks takes quadratic time.
 */
export function isLabel(text: string, max: number): boolean {
  const { length } = text;
  if (length === 0 || length > 2 * max || codePointLength(text) > max) return false;
  if (charCodeAt(text, 0) === 0x20 || charCodeAt(text, length - 1) === 0x20) return false;
  return execPattern(invisible, text) === null && normalize(text, "NFC") === text;
}

/** The length of a string in code points. */
function codePointLength(text: string): number {
  let count = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = charCodeAt(text, i);
    if (unit < 0xdc00 || unit > 0xdfff) count += 1;
  }
  return count;
}

// RFC 9110 §5.6.2, token.
const notInName = /[^!#$%&'*+\-.^_`|~0-9A-Za-z]/;

/** Whether `name` can be a header name on the wire. */
export function isHeaderName(name: string): boolean {
  return name !== "" && execPattern(notInName, name) === null;
}

const sensitiveNames: Readonly<Record<string, unknown>> = Object.assign(newRecord(), {
  authorization: true,
  cookie: true,
  "proxy-authorization": true,
  "set-cookie": true,
  "x-api-key": true,
});

/** Whether a header with this name, in any case and with blanks around it, holds a secret. */
export function isSensitiveHeader(name: string): boolean {
  return sensitiveNames[toLowerAscii(trim(name))] === true;
}

// RFC 9110 §5.5: tab, printable ASCII and Latin-1 beyond; no control, no line break.
const notInValue = /[^\t\x20-\x7e\x80-\xff]/;

/** Whether `value` can be a header value on the wire. */
export function isHeaderValue(value: string): boolean {
  return execPattern(notInValue, value) === null;
}

// RFC 3339 §5.6. A missing zone means UTC.
const date = /(\d{4})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])/;
const time = /((?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d)(?:\.(\d{1,9}))?/;
const zone = /[Zz]|([+-](?:[01]\d|2[0-3]):[0-5]\d)/;
const dateTime = new RegExp(`^${date.source}[Tt ]${time.source}(?:${zone.source})?$`);

/**
 * Returns an instant's only canonical form: UTC, `Z`, up to nine fraction digits without trailing
 * zeros. Two instants are equal exactly when these are. `undefined` if `text` is not an instant.
 */
export function canonicalInstant(text: string): string | undefined {
  const match = execPattern(dateTime, text);
  if (match === null) return undefined;
  const year = match[1] as string;
  const month = match[2] as string;
  const day = match[3] as string;
  if (+day > daysIn(+year, +month)) return undefined;
  const utcMs = parseDate(`${year}-${month}-${day}T${match[4]}${match[6] ?? "Z"}`);
  return instantOf(utcMs, match[5]);
}

/**
 * Returns the canonical instant of a time in milliseconds since 1970. `fraction` gives the fraction
 * digits of a time in whole seconds. `undefined` for a year not from 0 to 9999.
 */
export function instantOf(utcMs: number, fraction?: string): string | undefined {
  const text = isoText(utcMs);
  // Any other year has a sign and six digits.
  if (text.length !== "YYYY-MM-DDTHH:MM:SS.000Z".length) return undefined;
  const end = "YYYY-MM-DDTHH:MM:SS".length;
  return slice(text, 0, end) + trimmedFraction(fraction ?? slice(text, end + 1, -1));
}

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

function trimmedFraction(digits: string): string {
  let end = digits.length;
  while (charCodeAt(digits, end - 1) === 0x30) end -= 1;
  return end === 0 ? "Z" : `.${slice(digits, 0, end)}Z`;
}

/** Sorts and drops duplicates. Returns `previous` if it is equal. `items` contains strings only. */
export function asSet(items: readonly string[], previous?: unknown): readonly string[] {
  // A frozen array that this library read: dense, so reading by index reaches no prototype.
  const set = concat(items);
  sortInPlace(set, byCodePoint);
  dropRepeats(set);
  return frozenOrKnown(set, isArray(previous) ? (previous as readonly string[]) : none);
}

/** Returns the union of two sets: `set` itself if `other` adds nothing. */
export function unionOf(set: readonly string[], other: readonly string[]): readonly string[] {
  const union = newArray<string>(set.length + other.length);
  let count = 0;
  let at = 0;
  for (let i = 0; i < other.length; i++) {
    const item = other[i] as string;
    const end = placeOf(item, set, at, set.length);
    for (; at < end; at++, count++) union[count] = set[at] as string;
    if (at < set.length && set[at] === item) at += 1;
    union[count] = item;
    count += 1;
  }
  for (; at < set.length; at++, count++) union[count] = set[at] as string;
  union.length = count;
  return frozenOrKnown(union, set);
}

/**
 * Returns the index of `item` in the sorted range from `from` to `to`, or where it would be. Steps
 * double, then halve: few comparisons to add one item to many or to merge similar sets.
 */
function placeOf(item: string, set: readonly string[], from: number, to: number): number {
  let low = from;
  let high = from;
  for (let step = 1; high < to && isBefore(set[high] as string, item); step *= 2) {
    low = high + 1;
    high += step;
  }
  if (high > to) high = to;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBefore(set[middle] as string, item)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Whether a set contains all items of another. Both are sorted, so one pass is enough. */
export function hasAll(set: readonly string[], items: readonly string[]): boolean {
  let at = 0;
  for (let i = 0; i < items.length; i++, at++) {
    while (at < set.length && set[at] !== items[i]) at += 1;
    if (at >= set.length) return false;
  }
  return true;
}

function frozenOrKnown(set: string[], known: readonly string[]): readonly string[] {
  if (known.length !== set.length) return freeze(set);
  for (let i = 0; i < set.length; i++) if (set[i] !== known[i]) return freeze(set);
  return known;
}

function isBefore(a: string, b: string): boolean {
  return byCodePoint(a, b) < 0;
}

/** Drops duplicates from a sorted array. */
function dropRepeats(items: string[]): void {
  let count = 0;
  for (let i = 0; i < items.length; i++) {
    const item = items[i] as string;
    if (i > 0 && item === items[count - 1]) continue;
    items[count] = item;
    count += 1;
  }
  items.length = count;
}

/** Returns the items of a set that are not in another. Both are sorted, so one pass is enough. */
export function without(set: readonly string[], other: readonly string[]): readonly string[] {
  let rest: List<string> | undefined;
  let at = 0;
  for (let i = 0; i < set.length; i++) {
    const item = set[i] as string;
    while (at < other.length && isBefore(other[at] as string, item)) at += 1;
    if (at < other.length && other[at] === item) continue;
    rest ??= newList<string>();
    append(rest, item);
  }
  return rest === undefined ? none : freeze(toArray(rest));
}

const hexDigits = "0123456789abcdef";

/** Decodes UTF-8; `undefined` for bytes that are not UTF-8. */
export function fromUtf8(bytes: readonly number[]): string | undefined {
  let text = "";
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] as number;
    text += `%${hexDigits[byte >> 4]}${hexDigits[byte & 15]}`;
  }
  try {
    return decodePercent(text);
  } catch {
    return undefined;
  }
}

const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** RFC 4648 §4. The core has no Buffer, and `btoa` takes a string with one character per byte. */
export function base64Of(bytes: readonly number[]): string {
  let text = "";
  for (let i = 0; i < bytes.length; i += 3) {
    const left = bytes.length - i;
    const at = (offset: number) => (offset < left ? (bytes[i + offset] as number) : 0);
    const group = (at(0) << 16) | (at(1) << 8) | at(2);
    text += digits[group >> 18] as string;
    text += digits[(group >> 12) & 63] as string;
    text += left > 1 ? (digits[(group >> 6) & 63] as string) : "=";
    text += left > 2 ? (digits[group & 63] as string) : "=";
  }
  return text;
}
