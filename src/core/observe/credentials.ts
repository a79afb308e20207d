/**
 * Takes out what looks like a credential: PEM blocks, the user in front of a host, and what follows
 * words such as `token`.
 *
 * Rule: each unit of the text is looked at a fixed number of times, whatever the text is. What is
 * taken out once leaves nothing that would be taken out the next time.
 */
import { intrinsics } from "../data/index.ts";
import { marker } from "./one-line.ts";
import { sensitivityOf } from "./sensitive-words.ts";
import { isDelimiter, isWordUnit, spaceLength } from "./units.ts";
import { valueAfter } from "./value-after.ts";

const { charCodeAt, endsWith, execPattern, indexOf, slice, toLowerAscii } = intrinsics;

/** Whatever is looked for has one of these in it. Most texts have none. */
const suspicious = /-----BEGIN|:\/\/|authorization|bearer|token|secret|password|cookie|api/i;

export function withoutCredentials(text: string): string {
  if (execPattern(suspicious, text) === null) return text;
  return withoutValues(withoutUsers(withoutPem(text)));
}

const pemBegin = "-----BEGIN";
const pemEnd = "-----END";
const pemDashes = "-----";
const maxPemLabel = 64;

/** RFC 7468. A block without an end ends with the text. */
function withoutPem(text: string): string {
  let out = "";
  let from = 0;
  for (;;) {
    const begin = indexOf(text, pemBegin, from);
    if (begin < 0) return out + slice(text, from);
    out += slice(text, from, begin) + marker;
    const end = indexOf(text, pemEnd, begin);
    if (end < 0) return out;
    from = afterPemEnd(text, end + pemEnd.length);
  }
}

/** Behind the dashes that close the last line of a block, unless they open the next block. */
function afterPemEnd(text: string, label: number): number {
  const line = slice(text, label, label + maxPemLabel + pemBegin.length);
  const dashes = indexOf(line, pemDashes);
  const isClosed = dashes >= 0 && dashes <= maxPemLabel && dashes !== indexOf(line, pemBegin);
  return isClosed ? label + dashes + pemDashes.length : label;
}

const schemeEnd = "://";

/** RFC 3986 §3.2.1: what stands between the scheme and the last `@` of the authority. */
function withoutUsers(text: string): string {
  let out = "";
  let from = 0;
  for (;;) {
    const scheme = indexOf(text, schemeEnd, from);
    if (scheme < 0) return out + slice(text, from);
    const start = scheme + schemeEnd.length;
    let at = start;
    let user = -1;
    while (at < text.length && !isDelimiter(text, at)) {
      if (slice(text, at, at + 1) === "@") user = at;
      at += 1;
    }
    const taken = user > start ? marker + slice(text, user, at) : slice(text, start, at);
    out += slice(text, from, start) + taken;
    // No scheme in it was passed over: that has slashes, and an authority none.
    from = at;
  }
}

/** Words are looked for in names: `x-api-key`, `accessToken`, `AWS_SECRET_ACCESS_KEY`. */
function withoutValues(text: string): string {
  const lower = toLowerAscii(text);
  let out = "";
  let from = 0;
  for (let at = 0; at < text.length; ) {
    if (!isWordUnit(charCodeAt(lower, at))) {
      at += 1;
      continue;
    }
    let end = endOfWord(lower, at);
    let word = sensitivityOf(slice(lower, at, end));
    if (word === undefined && endsWith(slice(lower, at, end), "api")) {
      const key = keyAfter(lower, end);
      if (key > end) {
        end = key;
        word = { isWhole: true, isHeader: false };
      }
    }
    at = end;
    if (word === undefined) continue;
    const value = valueAfter(text, lower, end, word);
    if (value === undefined) continue;
    out += slice(text, from, value.start) + marker;
    from = value.end;
    at = value.end;
  }
  return out + slice(text, from);
}

function endOfWord(text: string, start: number): number {
  let end = start;
  while (end < text.length && isWordUnit(charCodeAt(text, end))) end += 1;
  return end;
}

/** Where the second word of `api key` ends, or `end`. */
function keyAfter(lower: string, end: number): number {
  const start = end + spaceLength(lower, end);
  if (start === end) return end;
  const last = endOfWord(lower, start);
  const second = slice(lower, start, last);
  return second === "key" || second === "keys" ? last : end;
}
