/** What a scanner finds in texts, and how it is redacted. */
import { bytesOfBase64, textInBase64, textOfBytes } from "./encoded-texts.ts";

/** Where something was found, and what it is. */
export interface Finding {
  /** In lower-case letters, digits and hyphens. */
  readonly kind: string;
  readonly start: number;
  readonly end: number;
}

/**
 * Finds things of one kind in a text. `key` names the field or argument that has it.
 *
 * Rule: the time is linear in the length of the text, whatever the text contains.
 */
export type Finder = (text: string, key: string) => readonly Finding[];

/** Returns a finder of what matches `pattern` and `accepts` accepts. */
export function finder(
  kind: string,
  pattern: RegExp,
  accepts: (found: string) => boolean = () => true,
): Finder {
  return (text) =>
    [...text.matchAll(pattern)].flatMap(({ 0: found, index }) =>
      accepts(found) ? [{ kind, start: index, end: index + found.length }] : [],
    );
}

/** What was found in a text, and the text without it. */
export interface Scanned {
  readonly kinds: readonly string[];
  /** The text with each finding replaced by `[REDACTED:kind]`; the text itself if there is none. */
  readonly redacted: string;
}

const passes = 4;

/** Returns what replaces a finding in a redacted text. */
export function markerOf(kind: string): string {
  return `[REDACTED:${kind}]`;
}

/** Scans a text, and the text that it is in base64, if it is one. */
export function scan(text: string, key: string, finders: readonly Finder[]): Scanned {
  const plain = scanPlain(text, key, finders);
  const inner = isAllFound(plain) ? undefined : textInBase64(text);
  if (inner === undefined) return plain;
  const within = scan(inner.text, key, finders);
  if (within.kinds.length === 0) return plain;
  // Without its line breaks, the base64 itself could match a finder.
  const { redacted } = scanPlain(inner.encode(within.redacted), key, finders);
  return { kinds: [...plain.kinds, ...within.kinds], redacted };
}

/** Scans a text as it stands. */
function scanPlain(text: string, key: string, finders: readonly Finder[]): Scanned {
  const found = finders.flatMap((find) => find(text, key));
  const kinds = found.map(({ kind }) => kind);
  const [kind] = kinds;
  if (kind === undefined) return { kinds, redacted: text };
  return { kinds, redacted: redactUntilClean(without(text, found), key, finders, kind) };
}

function isAllFound({ kinds: [kind], redacted }: Scanned): boolean {
  return kind !== undefined && redacted === markerOf(kind);
}

/** What was found in a file that is declared as text. */
export interface ScannedFile extends Scanned {
  /** Whether a finding could not be redacted, because the encoding of its bytes is unknown. */
  readonly hasUnredactable: boolean;
}

/** Scans such a file, whatever its encoding. Returns `undefined` if it is not base64. */
export function scanFile(
  base64: string,
  key: string,
  finders: readonly Finder[],
): ScannedFile | undefined {
  const file = bytesOfBase64(base64);
  if (file === undefined) return undefined;
  const plain = scanPlain(base64, key, finders);
  if (isAllFound(plain)) return { ...plain, hasUnredactable: false };
  const { text, encode, isGuessed } = textOfBytes(file.bytes);
  const { kinds, redacted } = scan(text, key, finders);
  const rest = kinds.length === 0 ? file.bytes : encode(redacted);
  // A file can mix encodings, or only look like one of them. Without zero bytes, ASCII letters are
  // the same in each, so this finds what is left.
  const left = isGuessed ? scan(rest.replaceAll("\0", ""), key, finders).kinds : [];
  const now = kinds.length === 0 ? plain : scanPlain(file.encode(rest), key, finders);
  return {
    kinds: [...plain.kinds, ...kinds, ...left],
    redacted: now.redacted,
    hasUnredactable: left.length > 0,
  };
}

/**
 * Redacts until nothing is found, because the text around a removed finding can match. After a few
 * passes, the whole text is replaced.
 */
function redactUntilClean(
  text: string,
  key: string,
  finders: readonly Finder[],
  kind: string,
): string {
  let rest = text;
  for (let pass = 0; pass < passes; pass++) {
    const found = finders.flatMap((find) => find(rest, key));
    if (found.length === 0) return rest;
    rest = without(rest, found);
  }
  return markerOf(kind);
}

function without(text: string, findings: readonly Finding[]): string {
  let out = "";
  let from = 0;
  for (const { kind, start, end } of findings.toSorted((a, b) => a.start - b.start)) {
    // A finding that overlaps the previous one is part of it.
    if (start >= from) out += text.slice(from, start) + markerOf(kind);
    from = Math.max(from, end);
  }
  return out + text.slice(from);
}
