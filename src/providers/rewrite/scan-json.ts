/**
 * What JSON text says that its value does not: how many names it gives, and its numbers as they
 * are written. Without a pattern: one that repeats a choice runs out of stack on a long text.
 */
export interface ScannedJson {
  /** How many names its objects give. One that stands twice counts twice. */
  readonly names: number;
  /** Whether every number, read and written again, is the same number. */
  readonly isExact: boolean;
}

const quote = 0x22;
const backslash = 0x5c;
const colon = 0x3a;

/** Linear. The text has been parsed before: it is JSON. */
export function scanJson(text: string): ScannedJson {
  let names = 0;
  let isExact = true;
  for (let at = 0; at < text.length; ) {
    const unit = text.charCodeAt(at);
    if (unit === quote) at = endOfString(text, at);
    else if (isOfNumber(unit)) {
      const end = endOfNumber(text, at);
      isExact &&= isSameNumber(text.slice(at, end));
      at = end;
    } else {
      // Outside of strings, a colon follows each name.
      if (unit === colon) names += 1;
      at += 1;
    }
  }
  return { names, isExact };
}

function endOfString(text: string, start: number): number {
  let at = text.indexOf('"', start + 1);
  while (isEscaped(text, at)) at = text.indexOf('"', at + 1);
  return at + 1;
}

/** Whether an odd number of backslashes stands before it. */
function isEscaped(text: string, at: number): boolean {
  let begin = at;
  while (text.charCodeAt(begin - 1) === backslash) begin -= 1;
  return (at - begin) % 2 === 1;
}

function endOfNumber(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && (isOfNumber(text.charCodeAt(at)) || isBetween(text, at))) at += 1;
  return at;
}

/** A digit or a minus: what a number begins with. */
function isOfNumber(unit: number): boolean {
  return (unit >= 0x30 && unit <= 0x39) || unit === 0x2d;
}

/** A point, an exponent or its sign: what stands between the digits of a number. */
function isBetween(text: string, at: number): boolean {
  return ".eE+".includes(text[at] as string);
}

/** Any number of so few digits is kept by a double. */
const safeDigits = 15;

function isSameNumber(written: string): boolean {
  const isPlain = written.length <= safeDigits && !/[eE]/.test(written);
  return isPlain || decimalOf(written) === decimalOf(String(Number(written)));
}

/** A number in one form: its digits without zeros around them, and the power of ten they stand at. */
function decimalOf(number: string): string {
  const [mantissa = "", power = "0"] = number.toLowerCase().split("e");
  const sign = mantissa.startsWith("-") ? "-" : "";
  const [whole = "", fraction = ""] = mantissa.slice(sign.length).split(".");
  const digits = whole + fraction;
  let from = 0;
  while (digits[from] === "0") from += 1;
  let to = digits.length;
  while (to > from && digits[to - 1] === "0") to -= 1;
  if (from === to) return "0";
  const places = Number(power) - fraction.length + digits.length - to;
  return `${sign}${digits.slice(from, to)}e${places}`;
}
