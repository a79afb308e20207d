/** Sizes of text in UTF-8. */
import { intrinsics } from "../data/index.ts";

const { charCodeAt, execPattern } = intrinsics;

const beyondAscii = /[\x80-\uffff]/;
const nothing = /(?:)/;

/** Bytes of a text in UTF-8, counted, not encoded. The text has no lone surrogate. */
export function utf8Size(text: string): number {
  // Most texts are ASCII: a pattern goes through them twice as fast as a loop.
  const first = execPattern(beyondAscii, text);
  if (first === null) return text.length;
  // The realm keeps the text of the last match where all can read it: `RegExp.input`.
  execPattern(nothing, "");
  let bytes = text.length;
  for (let i = first.index; i < text.length; i++) {
    const unit = charCodeAt(text, i);
    if (unit < 0x80) continue;
    // Each half of a pair is a unit, and a pair is four bytes.
    bytes += unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff) ? 1 : 2;
  }
  return bytes;
}
