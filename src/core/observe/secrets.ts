/**
 * Removes secrets: those that a host names, those of a request, and the values of configurations.
 *
 * The search is Knuth-Morris-Pratt: its work is linear in the lengths of string and secret, both of
 * which an attacker may have chosen.
 */
import { attempt } from "../data/index.ts";
import { toLowerAscii } from "../data/intrinsics.ts";
import { withSpaces } from "../hooks/index.ts";
import { ellipsis, marker, spelledOut, withoutJoint } from "./one-line.ts";

/** Shorter secrets occur within ordinary words, so they are found only as separate words. */
const minPart = 4;

/** A string to remove, in lower case. */
interface Needle {
  readonly text: string;
  /** By index: how much of the needle still matches if the unit after that index does not. */
  readonly fallback: Uint32Array;
}

/** Secrets, prepared for the search, by their text. */
export interface Needles {
  /** Removed wherever they occur. */
  readonly parts: Map<string, Needle>;
  /** Those of up to three units: removed where they are separate words. */
  readonly words: Map<string, Needle>;
}

/** Prepares secrets for the search. Blank strings are ignored. */
export function needlesOf(secrets: readonly string[]): Needles {
  const needles: Needles = { parts: new Map(), words: new Map() };
  addSecrets(needles, secrets);
  return needles;
}

/**
 * Adds secrets. No search matches across a marker, or the ellipsis at the end of a string. So a
 * secret that contains one is split, and each part is a secret of its own.
 */
export function addSecrets({ parts, words }: Needles, secrets: readonly string[]): void {
  for (const secret of secrets) {
    for (const part of withoutEllipsis(secret).split(marker)) {
      for (const text of formsOf(part)) {
        const needles = text.length < minPart ? words : parts;
        if (!needles.has(text)) needles.set(text, { text, fallback: fallbackOf(text) });
      }
    }
  }
}

function withoutEllipsis(secret: string): string {
  let rest = secret.trim();
  while (rest !== ellipsis && rest.endsWith(ellipsis)) rest = rest.slice(0, -1).trim();
  return rest;
}

/**
 * Returns the forms that a secret has in a string: as it is, line by line, and as JSON and URLs
 * encode it, in lower case, without surrounding blanks, each once. Spelled-out text contains the
 * spelled-out form, raw text the secret as it is, and the reason of a denial the one with spaces.
 */
function formsOf(secret: string): ReadonlySet<string> {
  const bare = secret.trim();
  const lines = bare.split(/[\r\n]/).map((line) => line.trim());
  const forms = [
    bare,
    JSON.stringify(bare).slice(1, -1),
    // Throws for what is not valid Unicode, which no URL contains.
    attempt(() => encodeURIComponent(bare)) ?? "",
    ...lines.filter((line) => line.length >= minPart),
  ];
  const all = forms.flatMap((form) => [form, spelledOut(form), withSpaces(form).trim()]);
  return new Set(all.map(toLowerAscii).filter((form) => form !== ""));
}

/** Returns needles that find what either of the two finds. */
export function bothOf(some: Needles, more: Needles): Needles {
  return { parts: combined(some.parts, more.parts), words: combined(some.words, more.words) };
}

/** Called for every event of a run, and usually one of the two is empty. */
function combined(some: Needles["parts"], more: Needles["parts"]): Needles["parts"] {
  if (some.size === 0) return more;
  return more.size === 0 ? some : new Map([...some, ...more]);
}

function fallbackOf(text: string): Uint32Array {
  const fallback = new Uint32Array(text.length);
  let matched = 0;
  for (let i = 1; i < text.length; i++) {
    while (matched > 0 && text[matched] !== text[i]) matched = fallback[matched - 1] ?? 0;
    if (text[matched] === text[i]) matched += 1;
    fallback[i] = matched;
  }
  return fallback;
}

/** Replaces every stretch that secrets cover with a marker, regardless of case. */
export function withoutSecrets(text: string, { parts, words }: Needles): string {
  if (parts.size + words.size === 0 || text === "") return text;
  const lower = toLowerAscii(text);
  /** By index: the end of the longest secret that begins there; 0 if none does. */
  const ends = new Uint32Array(text.length);
  const note = ([start, end]: Place) => {
    if ((ends[start] ?? 0) < end) ends[start] = end;
  };
  for (const needle of parts.values()) placesOf(text, lower, needle).forEach(note);
  if (words.size > 0) {
    const covered = coverOf(ends);
    const isWord = ([start, end]: Place) => !isInWord(lower, start, end, covered);
    for (const word of words.values()) placesOf(text, lower, word).filter(isWord).forEach(note);
  }
  return withMarkers(text, ends);
}

const noWords: Needles["words"] = new Map();

/** Like `withoutSecrets`, but ignores short secrets: for our own names, digits and sentences. */
export function withoutParts(text: string, { parts }: Needles): string {
  return withoutSecrets(text, { parts, words: noWords });
}

/** Where a string begins and ends in another. */
type Place = readonly [start: number, end: number];

function placesOf(text: string, lower: string, needle: Needle): Place[] {
  const places: Place[] = [];
  const { length } = needle.text;
  eachEnd(text, lower, needle, (end, matched) => {
    // A secret that was cut is as good as a whole one.
    const isCut = matched >= minPart && text[end] === ellipsis;
    if (matched === length || isCut) places.push([end - matched, end]);
  });
  return places;
}

/** For each index, calls `note` with how much of the needle ends in front of it. */
function eachEnd(
  text: string,
  lower: string,
  { text: needle, fallback }: Needle,
  note: (end: number, matched: number) => void,
): void {
  let matched = 0;
  for (let i = 0; i < lower.length; i++) {
    if (text.startsWith(marker, i)) {
      i += marker.length - 1;
      matched = 0;
      continue;
    }
    while (matched > 0 && needle[matched] !== lower[i]) matched = fallback[matched - 1] ?? 0;
    if (needle[matched] === lower[i]) matched += 1;
    note(i + 1, matched);
    if (matched === needle.length) matched = fallback[matched - 1] ?? 0;
  }
}

/** Removes what begins a secret in front of the ellipsis at the end of a string. */
export function withoutBegun(cut: string, { parts }: Needles): string {
  if (parts.size === 0) return cut;
  const text = cut.slice(0, -ellipsis.length);
  const lower = toLowerAscii(text);
  /** By index: how much of a secret, at most, ends in front of it. */
  const begun = new Uint32Array(cut.length);
  for (const needle of parts.values()) {
    eachEnd(text, lower, needle, (end, matched) => {
      if ((begun[end] ?? 0) < matched) begun[end] = matched;
    });
  }
  let kept = text;
  for (;;) {
    const length = begun[kept.length] ?? 0;
    if (length < minPart) return kept + ellipsis;
    const start = kept.length - length;
    kept = withoutJoint(text.slice(0, isInside(text, start) ? start - 1 : start));
  }
}

/** Returns a list that has 1 at each index within a secret. */
function coverOf(ends: Uint32Array): Uint8Array {
  const covered = new Uint8Array(ends.length);
  let until = 0;
  ends.forEach((end, i) => {
    until = Math.max(until, end);
    if (i < until) covered[i] = 1;
  });
  return covered;
}

/** Whether a part of a string belongs to a longer word. */
function isInWord(text: string, start: number, end: number, covered: Uint8Array): boolean {
  return (
    (start > 0 && covered[start - 1] === 0 && areJoined(text, start)) ||
    (end < text.length && covered[end] === 0 && areJoined(text, end))
  );
}

const joined = /^[\p{L}\p{N}]{2}$/u;

function areJoined(text: string, at: number): boolean {
  return joined.test(text.slice(at - 1, at + 1));
}

function withMarkers(text: string, ends: Uint32Array): string {
  let out = "";
  let from = 0;
  for (let i = 0; i < text.length; ) {
    let end = ends[i] ?? 0;
    if (end === 0) {
      i += 1;
      continue;
    }
    for (let at = i + 1; at < end; at++) end = Math.max(end, ends[at] ?? 0);
    // Half of a surrogate pair would be left over, which cannot be printed.
    const start = i > from && isInside(text, i) ? i - 1 : i;
    if (isInside(text, end)) end += 1;
    const follows = start === from && from > 0;
    out += follows ? "" : text.slice(from, start) + marker;
    from = end;
    i = end;
  }
  return out + text.slice(from);
}

/** Whether an index is between the two units of a surrogate pair. */
function isInside(text: string, at: number): boolean {
  return at > 0 && (text.codePointAt(at - 1) ?? 0) > 0xffff;
}
