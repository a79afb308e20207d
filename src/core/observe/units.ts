/** What a unit of a spelled-out text is to the search for credentials. */
import { intrinsics } from "../data/index.ts";
import { spelledLength } from "./one-line.ts";

const { charCodeAt, indexOf, slice } = intrinsics;

/** Letters and digits of ASCII, `_` and `-`: what names of keys, headers and variables consist of. */
export function isWordUnit(unit: number): boolean {
  return (
    (unit >= 0x61 && unit <= 0x7a) ||
    (unit >= 0x41 && unit <= 0x5a) ||
    (unit >= 0x30 && unit <= 0x39) ||
    unit === 0x5f ||
    unit === 0x2d
  );
}

/** Spaces beyond ASCII, Zs of Unicode. Other white space is spelled out. */
const wideSpaces =
  "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000";

/** The length of the space at an index, 0 where there is none. What is spelled out counts as one. */
export function spaceLength(text: string, index: number): number {
  const unit = charCodeAt(text, index);
  if (unit === 0x20) return 1;
  if (unit === 0x5c) return spelledLength(text, index);
  return unit > 0x7f && indexOf(wideSpaces, slice(text, index, index + 1)) >= 0 ? 1 : 0;
}

/** Where the spaces end that begin at an index, if any do. */
export function afterSpaces(text: string, index: number): number {
  let at = index;
  for (;;) {
    const length = spaceLength(text, at);
    if (length === 0) return at;
    at += length;
  }
}

/** The ends of a line, spelled out: of Unicode's own list, UAX #14 class BK, CR, LF and NL. */
const lineEnds: readonly string[] = ["a", "b", "c", "d", "85", "2028", "2029"];

export function isLineEnd(text: string, index: number): boolean {
  const length = spelledLength(text, index);
  if (length === 0) return false;
  const digits = slice(text, index + 3, index + length - 1);
  for (let i = 0; i < lineEnds.length; i++) if (digits === lineEnds[i]) return true;
  return false;
}

/** Whether the authority of a URL ends here, RFC 3986 §3.2, or the text around it goes on. */
export function isDelimiter(text: string, index: number): boolean {
  const unit = slice(text, index, index + 1);
  return indexOf("/?#\"'\\", unit) >= 0 || spaceLength(text, index) > 0;
}

export function isQuote(text: string, index: number): boolean {
  const unit = charCodeAt(text, index);
  return unit === 0x22 || unit === 0x27 || unit === 0x60;
}
