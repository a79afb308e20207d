/**
 * Takes out secrets: those that a host names, those of a request, the values of configurations.
 *
 * Each is looked for by Knuth, Morris and Pratt: the work is the length of the text and of the
 * secret together, whatever they are. Both may be an attacker's.
 */
import { intrinsics } from "../data/index.ts";
import { ellipsis, isMarkerAt, marker } from "./one-line.ts";
import { formsOf, minPart } from "./secret-forms.ts";

const { append, charCodeAt, endsWith, execPattern, indexOf, newList, slice, trim } = intrinsics;
const { newRecord, toLowerAscii } = intrinsics;
const Indexes = Uint32Array;
const Flags = Uint8Array;

/** A text to be taken out, in lower case. */
interface Needle {
  readonly text: string;
  /** By index: how much of the needle is still matched when the unit behind that index is not. */
  readonly fallback: Uint32Array;
}

/** Secrets, ready to be looked for. */
export interface Needles {
  /** Taken out wherever they stand. */
  readonly parts: intrinsics.List<Needle>;
  /** Those of up to three units: taken out where they stand as words of their own. */
  readonly words: intrinsics.List<Needle>;
  /** The texts of both, so that none is looked for twice. */
  readonly known: Readonly<Record<string, unknown>>;
}

/** Blank texts count for nothing. */
export function needlesOf(secrets: readonly string[]): Needles {
  const needles: Needles = { parts: newList(), words: newList(), known: newRecord() };
  addSecrets(needles, secrets);
  return needles;
}

export function addSecrets(needles: Needles, secrets: readonly string[]): void {
  for (let i = 0; i < secrets.length; i++) addSecret(needles, secrets[i] as string);
}

/**
 * A marker and the ellipsis at the end of a text stand for themselves and are looked through by
 * nobody. So of a secret that holds one, the texts around it are taken out each for itself.
 */
function addSecret(needles: Needles, secret: string): void {
  let rest = trim(secret);
  while (rest !== ellipsis && endsWith(rest, ellipsis)) {
    rest = trim(slice(rest, 0, rest.length - ellipsis.length));
  }
  for (;;) {
    const at = indexOf(rest, marker);
    const forms = formsOf(at < 0 ? rest : slice(rest, 0, at));
    for (let i = 0; i < forms.length; i++) addNeedle(needles, forms[i] as string);
    if (at < 0) return;
    rest = slice(rest, at + marker.length);
  }
}

function addNeedle({ parts, words, known }: Needles, text: string): void {
  if (known[text] === true) return;
  (known as Record<string, unknown>)[text] = true;
  append(text.length < minPart ? words : parts, { text, fallback: fallbackOf(text) });
}

/** What both look for. */
export function bothOf(some: Needles, more: Needles): Needles {
  const parts = joined(some.parts, more.parts);
  return { parts, words: joined(some.words, more.words), known: newRecord() };
}

function joined(
  some: intrinsics.List<Needle>,
  more: intrinsics.List<Needle>,
): intrinsics.List<Needle> {
  if (some.length === 0) return more;
  if (more.length === 0) return some;
  const all = newList<Needle>();
  for (let i = 0; i < some.length; i++) append(all, some[i] as Needle);
  for (let i = 0; i < more.length; i++) append(all, more[i] as Needle);
  return all;
}

function fallbackOf(text: string): Uint32Array {
  const fallback = new Indexes(text.length);
  let matched = 0;
  for (let i = 1; i < text.length; i++) {
    const unit = charCodeAt(text, i);
    while (matched > 0 && charCodeAt(text, matched) !== unit) {
      matched = fallback[matched - 1] as number;
    }
    if (charCodeAt(text, matched) === unit) matched += 1;
    fallback[i] = matched;
  }
  return fallback;
}

/** A text with a marker for every stretch that secrets cover. Capital letters are no difference. */
export function withoutSecrets(
  text: string,
  { parts, words }: Pick<Needles, "parts" | "words">,
): string {
  if (parts.length + words.length === 0 || text === "") return text;
  const lower = toLowerAscii(text);
  /** By index: where the longest secret ends that begins there; 0 where none does. */
  const ends = new Indexes(text.length);
  let found = false;
  for (let i = 0; i < parts.length; i++) {
    if (findAll(text, lower, parts[i] as Needle, ends, undefined)) found = true;
  }
  if (words.length > 0) {
    const covered = coverOf(ends);
    for (let i = 0; i < words.length; i++) {
      if (findAll(text, lower, words[i] as Needle, ends, covered)) found = true;
    }
  }
  return found ? withMarkers(text, ends) : text;
}

/** The same for names, digits and sentences of ours: a short secret is no secret there. */
export function withoutParts(text: string, { parts }: Needles): string {
  return withoutSecrets(text, { parts, words: newList() });
}

/** Notes where a needle stands. `covered`: what is taken out already, for a needle that is a word. */
function findAll(
  text: string,
  lower: string,
  { text: needle, fallback }: Needle,
  ends: Uint32Array,
  covered: Uint8Array | undefined,
): boolean {
  if (needle.length > lower.length) return false;
  let found = false;
  let matched = 0;
  for (let i = 0; i < lower.length; i++) {
    if (isMarkerAt(text, i)) {
      i += marker.length - 1;
      matched = 0;
      continue;
    }
    const unit = charCodeAt(lower, i);
    while (matched > 0 && charCodeAt(needle, matched) !== unit) {
      matched = fallback[matched - 1] as number;
    }
    if (charCodeAt(needle, matched) === unit) matched += 1;
    if (matched < needle.length) continue;
    matched = fallback[matched - 1] as number;
    const start = i + 1 - needle.length;
    if (covered !== undefined && isInWord(lower, start, i + 1, covered)) continue;
    found = true;
    if ((ends[start] as number) <= i) ends[start] = i + 1;
  }
  return found;
}

/** By index: 1 where a secret stands. */
function coverOf(ends: Uint32Array): Uint8Array {
  const covered = new Flags(ends.length);
  let until = 0;
  for (let i = 0; i < ends.length; i++) {
    if ((ends[i] as number) > until) until = ends[i] as number;
    if (i < until) covered[i] = 1;
  }
  return covered;
}

/** Whether letters or digits go on beyond the ends of a part of a text. */
function isInWord(text: string, start: number, end: number, covered: Uint8Array): boolean {
  return (
    (start > 0 && covered[start - 1] === 0 && areJoined(text, start)) ||
    (end < text.length && covered[end] === 0 && areJoined(text, end))
  );
}

function areJoined(text: string, at: number): boolean {
  return isWordy(text, at - 1) && isWordy(text, at);
}

const wordy = /[\p{L}\p{N}]/u;

function isWordy(text: string, at: number): boolean {
  return execPattern(wordy, slice(text, at, at + 1)) !== null;
}

function withMarkers(text: string, ends: Uint32Array): string {
  let out = "";
  let from = 0;
  for (let i = 0; i < text.length; ) {
    let end = ends[i] as number;
    if (end === 0) {
      i += 1;
      continue;
    }
    for (let at = i + 1; at < end; at++) if ((ends[at] as number) > end) end = ends[at] as number;
    // Half of a character would be left over, which is nothing that can be printed.
    const start = i > from && isInside(text, i) ? i - 1 : i;
    if (isInside(text, end)) end += 1;
    const follows = start === from && from > 0;
    out += follows ? "" : slice(text, from, start) + marker;
    from = end;
    i = end;
  }
  return out + slice(text, from);
}

/** Whether a place is between the two units of one character. */
function isInside(text: string, at: number): boolean {
  if (at <= 0 || at >= text.length) return false;
  const before = charCodeAt(text, at - 1);
  const after = charCodeAt(text, at);
  return before >= 0xd800 && before <= 0xdbff && after >= 0xdc00 && after <= 0xdfff;
}
