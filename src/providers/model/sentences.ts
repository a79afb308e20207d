/** Finds where text may be cut: after a sentence, and between characters as a reader sees them. */

/**
 * The end of a sentence: white space after `.`, `!`, `?` or `…` with any closing quotes, an
 * ideographic or full-width mark, or the end of a line. The next character must have arrived, and
 * must not belong to it.
 */
const sentenceEnd =
  /(?:[.!?…]['")\]}»”’]*\s|[。！？]|[\n\r])(?!\p{M}|\p{Emoji_Modifier}|\u200d|\n|$)/gu;

/** Returns the last end of a sentence in `text` that is at most `limit`; 0 if there is none. */
export function lastSentenceEnd(text: string, limit = text.length): number {
  let last = 0;
  for (const { 0: end, index } of text.matchAll(sentenceEnd)) {
    const at = index + end.length;
    if (at > limit) break;
    last = at;
  }
  return last;
}

/** Code points that continue a character: marks, joiners, modifiers, flags, Hangul vowels, tags. */
const continues =
  /^(?:\p{M}|\p{Emoji_Modifier}|\p{Regional_Indicator}|\u200d|[\u1160-\u11ff]|[\u{e0020}-\u{e007f}])/u;

/** Returns the last index, at most `limit`, where a cut leaves every character whole. */
export function characterEnd(text: string, limit: number): number {
  let at = limit;
  while (at > 0 && at < text.length && isInside(text, at)) at -= 1;
  return at;
}

function isInside(text: string, at: number): boolean {
  const before = text.charCodeAt(at - 1);
  const after = text.codePointAt(at) ?? 0;
  if (before === 0x200d || (before === 0x0d && after === 0x0a)) return true;
  // The second half of a surrogate pair.
  if (after >= 0xdc00 && after <= 0xdfff && before >= 0xd800 && before <= 0xdbff) return true;
  return after > 0x7f && continues.test(String.fromCodePoint(after));
}
