/** The grammars of labels, header names and instants. */
import {
  charCodeAt,
  dateUtc,
  execPattern,
  isoText,
  newRecord,
  normalize,
  slice,
  toLowerAscii,
  trim,
} from "./intrinsics.ts";

/**
 * Order by Unicode code point. UTF-16 order differs: surrogates sort before U+E000…U+FFFF.
 */
export function byCodePoint(a: string, b: string): number {
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
const beyondBmp = /[\u{10000}-\u{10ffff}]/u;

/**
 * Whether `text` is a label: 1 to `max` code points, NFC, printable, not padded. The length comes
 * first, because normalising takes time by the square of the marks in a row.
 */
export function isLabel(text: string, max: number): boolean {
  const { length } = text;
  if (length === 0 || length > 2 * max || (length > max && codePointLength(text) > max))
    return false;
  if (charCodeAt(text, 0) === 0x20 || charCodeAt(text, text.length - 1) === 0x20) return false;
  if (isPrintableAscii(text)) return true;
  return execPattern(invisible, text) === null && normalize(text, "NFC") === text;
}

/** Whether all of `text` is printable ASCII, where most names end. */
function isPrintableAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const unit = charCodeAt(text, i);
    if (unit < 0x20 || unit > 0x7e) return false;
  }
  return true;
}

/** The length of a string in code points. */
function codePointLength(text: string): number {
  if (execPattern(beyondBmp, text) === null) return text.length;
  let count = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = charCodeAt(text, i);
    if (unit < 0xdc00 || unit > 0xdfff) count += 1;
  }
  return count;
}

// RFC 9110 §5.6.2, token: 1 for each unit of ASCII that can be in one. Of a list, what is beyond its
// end would be looked up on a prototype.
const token = Uint8Array.from({ length: 0x80 }, (_, unit) =>
  Number(/[!#$%&'*+\-.^_`|~0-9A-Za-z]/.test(String.fromCharCode(unit))),
);

/** Whether `name` can be a header name on the wire. Most are short: a pattern takes longer. */
export function isHeaderName(name: string): boolean {
  for (let i = 0; i < name.length; i++) {
    if (token[charCodeAt(name, i)] !== 1) return false;
  }
  return name !== "";
}

const sensitiveNames: Readonly<Record<string, unknown>> = Object.assign(newRecord(), {
  authorization: true,
  cookie: true,
  "proxy-authorization": true,
  "set-cookie": true,
  "x-api-key": true,
});

/** Whether a header of that name, in any case and with blanks around it, holds a secret. */
export function isSensitiveHeader(name: string): boolean {
  return sensitiveNames[toLowerAscii(trim(name))] === true;
}

/**
 * Whether `value` can be a header value on the wire. RFC 9110 §5.5: tab, printable ASCII and
 * Latin-1 beyond; no control, no line break.
 */
export function isHeaderValue(value: string): boolean {
  for (let i = 0; i < value.length; i++) {
    const unit = charCodeAt(value, i);
    if (unit > 0xff || unit === 0x7f || (unit < 0x20 && unit !== 0x09)) return false;
  }
  return true;
}

// RFC 3339 §5.6, with the zone left out meaning UTC.
const dateTime =
  /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:([Zz])|([+-])(\d\d):(\d\d))?$/;

/**
 * An instant in its one form: UTC, `Z`, up to nine fraction digits without trailing zeros.
 * Two instants are equal exactly when these are. `undefined` when `text` is no instant.
 */
export function canonicalInstant(text: string): string | undefined {
  const match = execPattern(dateTime, text);
  if (match === null) return undefined;
  const year = +(match[1] as string);
  const month = +(match[2] as string);
  const day = +(match[3] as string);
  const hour = +(match[4] as string);
  const minute = +(match[5] as string);
  const second = +(match[6] as string);
  const offsetHour = +(match[10] ?? 0);
  const offsetMinute = +(match[11] ?? 0);
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return undefined;
  if (hour > 23 || minute > 59 || second > 59 || offsetHour > 23 || offsetMinute > 59) {
    return undefined;
  }
  const fraction = match[7];
  // Most stand in that form already.
  const isTrimmed = fraction === undefined || charCodeAt(fraction, fraction.length - 1) !== 0x30;
  if (match[8] === "Z" && charCodeAt(text, 10) === 0x54 && isTrimmed) return text;
  const offset = (offsetHour * 60 + offsetMinute) * (match[9] === "-" ? -60_000 : 60_000);
  // Years below 100 mean 19xx to Date.UTC; moving by 400 years keeps the calendar.
  const later = dateUtc(year + 400, month - 1, day, hour, minute, second);
  const moved = civil(later - fourCenturiesMs - offset);
  return moved === undefined ? undefined : moved + trimmedFraction(fraction);
}

/** The canonical instant of a time in milliseconds since 1970. */
export function instantOf(utcMs: number): string | undefined {
  const ms = ((utcMs % 1000) + 1000) % 1000;
  const second = civil(utcMs - ms);
  return second === undefined ? undefined : second + trimmedFraction(pad(ms, 3));
}

const fourCenturiesMs = 146_097 * 86_400_000;

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

function trimmedFraction(digits: string | undefined): string {
  if (digits === undefined) return "Z";
  let end = digits.length;
  while (end > 0 && charCodeAt(digits, end - 1) === 0x30) end -= 1;
  return end === 0 ? "Z" : `.${slice(digits, 0, end)}Z`;
}

/** `YYYY-MM-DDTHH:MM:SS` of a time; `undefined` for one that is not in the years 0 to 9999. */
function civil(utcMs: number): string | undefined {
  // Any other year has a sign and six digits.
  const text = isoText(utcMs);
  return text.length === isoLength ? slice(text, 0, isoLength - ".000Z".length) : undefined;
}
const isoLength = "YYYY-MM-DDTHH:MM:SS.000Z".length;

function pad(value: number, width: number): string {
  let text = `${value}`;
  while (text.length < width) text = `0${text}`;
  return text;
}
