/** What a scanner finds in texts, and how it is taken out. */

/** Where something was found, and what it is. */
export interface Finding {
  /** Of lower-case letters, digits and hyphens. */
  readonly kind: string;
  readonly start: number;
  readonly end: number;
}

/**
 * Finds things of one kind in a text. `key` names the field or argument that has it.
 *
 * Rule: the work is linear in the length of the text, whatever the text is.
 */
export type Finder = (text: string, key: string) => readonly Finding[];

/** What was found in a text, and the text without it. */
export interface Scanned {
  readonly kinds: readonly string[];
  /** Each finding is replaced by `[REDACTED:kind]`. The text itself if there is none. */
  readonly redacted: string;
}

const passes = 4;

/** What a redacted text has in place of a finding. */
export function markerOf(kind: string): string {
  return `[REDACTED:${kind}]`;
}

/** Scans a text and, where it is the base64 of another, that one. */
export function scan(text: string, key: string, finders: readonly Finder[]): Scanned {
  const found = finders.flatMap((find) => find(text, key));
  if (found.length > 0) {
    const kinds = found.map(({ kind }) => kind);
    return { kinds, redacted: bare(without(text, found), key, finders, kinds[0] ?? "") };
  }
  const inner = textOfBase64(text);
  const { kinds, redacted } =
    inner === undefined ? { kinds: [], redacted: text } : scan(inner, key, finders);
  return { kinds, redacted: kinds.length === 0 ? text : base64Of(redacted) };
}

/** What stands next to a finding may be one without it. After a few times, nothing is left. */
function bare(text: string, key: string, finders: readonly Finder[], kind: string): string {
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
    // One that overlaps the one before is part of it.
    if (start >= from) out += text.slice(from, start) + markerOf(kind);
    from = Math.max(from, end);
  }
  return out + text.slice(from);
}

const base64 = /^[A-Za-z0-9+/]+={0,2}$/;
/** Bytes of other kinds of data are not UTF-8 for so long. */
const sampleUnits = 64;

/** The text that a string is the base64 of; `undefined` for any other string. */
function textOfBase64(text: string): string | undefined {
  if (text.length < 16 || text.length % 4 !== 0 || !base64.test(text)) return undefined;
  const sample = decoded(text.slice(0, sampleUnits), true);
  return sample === undefined || text.length <= sampleUnits ? sample : decoded(text, false);
}

function decoded(text: string, stream: boolean): string | undefined {
  try {
    const bytes = Uint8Array.from(atob(text), (unit) => unit.charCodeAt(0));
    const read = new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream });
    return read.includes("\0") ? undefined : read;
  } catch {
    return undefined;
  }
}

function base64Of(text: string): string {
  let units = "";
  for (const byte of new TextEncoder().encode(text)) units += String.fromCharCode(byte);
  return btoa(units);
}
