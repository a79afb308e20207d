/**
 * Takes out the secrets that a host names.
 *
 * Each is looked for by Knuth, Morris and Pratt: the work is the length of the text and of the
 * secret together, whatever they are. Both may be an attacker's.
 */
import { intrinsics } from "../admit/index.ts";
import { ellipsis, isMarkerAt, marker, spelledOut } from "./one-line.ts";

const { append, charCodeAt, endsWith, indexOf, newList, slice } = intrinsics;
const Indexes = Uint32Array;

/** A text to be taken out. */
interface Needle {
  readonly text: string;
  /** By index: how much of the needle is still matched when the unit behind that index is not. */
  readonly fallback: Uint32Array;
}

/** Secrets, ready to be looked for. */
export type Needles = intrinsics.List<Needle>;

/** Empty texts count for nothing. */
export function needlesOf(secrets: readonly string[]): Needles {
  const needles = newList<Needle>();
  for (let i = 0; i < secrets.length; i++) addNeedles(needles, secrets[i] as string);
  return needles;
}

/**
 * A marker and the ellipsis at the end of a text stand for themselves and are looked through by
 * nobody. So of a secret that holds one, the texts around it are taken out each for itself.
 */
function addNeedles(needles: Needles, secret: string): void {
  let rest = spelledOut(secret);
  while (rest !== ellipsis && endsWith(rest, ellipsis)) {
    rest = slice(rest, 0, rest.length - ellipsis.length);
  }
  for (;;) {
    const at = indexOf(rest, marker);
    const text = at < 0 ? rest : slice(rest, 0, at);
    if (text !== "") append(needles, { text, fallback: fallbackOf(text) });
    if (at < 0) return;
    rest = slice(rest, at + marker.length);
  }
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

/** A spelled-out text with a marker for every stretch that secrets cover. */
export function withoutSecrets(text: string, needles: Needles): string {
  if (needles.length === 0 || text === "") return text;
  /** By index: where the longest secret ends that begins there; 0 where none does. */
  const ends = new Indexes(text.length);
  let found = false;
  for (let i = 0; i < needles.length; i++) {
    if (findAll(text, needles[i] as Needle, ends)) found = true;
  }
  return found ? withMarkers(text, ends) : text;
}

function findAll(text: string, { text: needle, fallback }: Needle, ends: Uint32Array): boolean {
  let found = false;
  let matched = 0;
  for (let i = 0; i < text.length; i++) {
    if (isMarkerAt(text, i)) {
      i += marker.length - 1;
      matched = 0;
      continue;
    }
    const unit = charCodeAt(text, i);
    while (matched > 0 && charCodeAt(needle, matched) !== unit) {
      matched = fallback[matched - 1] as number;
    }
    if (charCodeAt(needle, matched) === unit) matched += 1;
    if (matched < needle.length) continue;
    found = true;
    const start = i + 1 - needle.length;
    if ((ends[start] as number) <= i) ends[start] = i + 1;
    matched = fallback[matched - 1] as number;
  }
  return found;
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
    const follows = i === from && from > 0;
    out += follows ? "" : slice(text, from, i) + marker;
    from = end;
    i = end;
  }
  return out + slice(text, from);
}
