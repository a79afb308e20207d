/**
 * What JSON text shows that its parsed value does not: the number of names, and whether its numbers
 * are exact. Scanned without a regular expression: a repeated choice overflows the stack on long
 * text.
 */
export interface ScannedJson {
  /** How many names its objects have. A duplicate counts twice. */
  readonly names: number;
  /** Whether every number stays the same number if it is parsed and written again. */
  readonly isExact: boolean;
  /** Whether every number that does not is a decimal of which only the last digits are lost. */
  readonly isClose: boolean;
}

const quote = 0x22;
const backslash = 0x5c;
const colon = 0x3a;

/** Takes linear time. The text must be valid JSON, which the caller has parsed. */
export function scanJson(text: string): ScannedJson {
  let names = 0;
  let isExact = true;
  let isClose = true;
  for (let at = 0; at < text.length; ) {
    const unit = text.charCodeAt(at);
    if (unit === quote) at = endOfString(text, at);
    else if (isOfNumber(unit)) {
      const end = endOfNumber(text, at);
      const number = text.slice(at, end);
      if (!isSameNumber(number)) {
        isExact = false;
        isClose &&= hasFraction(Number(number));
      }
      at = end;
    } else {
      // Outside strings, a colon follows each name and nothing else.
      if (unit === colon) names += 1;
      at += 1;
    }
  }
  return { names, isExact, isClose };
}

function endOfString(text: string, start: number): number {
  let at = text.indexOf('"', start + 1);
  while (isEscaped(text, at)) at = text.indexOf('"', at + 1);
  return at + 1;
}

/** Whether an odd number of backslashes precedes `at`. */
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

/** A digit or a minus, with which a number begins. */
function isOfNumber(unit: number): boolean {
  return (unit >= 0x30 && unit <= 0x39) || unit === 0x2d;
}

/** A point, an exponent or its sign, which come between the digits of a number. */
function isBetween(text: string, at: number): boolean {
  return ".eE+".includes(text[at] as string);
}

/** A double can represent any number with this many digits or fewer. */
const safeDigits = 15;

function isSameNumber(written: string): boolean {
  const isPlain = written.length <= safeDigits && !/[eE]/.test(written);
  return isPlain || decimalOf(written) === decimalOf(String(Number(written)));
}

/** Not so for a number that was too large or too small, nor for a whole one, which may be an id. */
function hasFraction(read: number): boolean {
  return Math.abs(read % 1) > 0;
}

/** Normalizes a number: its digits without leading or trailing zeros, and a power of ten. */
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
