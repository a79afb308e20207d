/** The words after which a credential is expected, in names of keys, headers and variables. */
import { intrinsics } from "../data/index.ts";
import { isWordUnit } from "./units.ts";

const { charCodeAt, endsWith, indexOf, slice } = intrinsics;

const words: readonly string[] = [
  ...["authorization", "bearer", "token", "secret", "password", "cookie"],
  ...["apikey", "api_key", "api-key"],
];
/** Headers whose values have spaces in them. */
const headers: readonly string[] = ["authorization", "cookie"];
/** RFC 9110 §11: names of schemes, with the credential behind a space. */
const schemes: readonly string[] = ["basic", "digest", "negotiate", "ntlm", "hawk", "dpop"];
/** What stands between a word and its value in prose: `secret access key: …`, `the password is …`. */
const links: readonly string[] = [
  ...["access", "api", "are", "header", "is", "key", "keys", "value", "was"],
];

/** How a name holds a sensitive word. */
export interface Sensitivity {
  /** Whether it ends with the word, so that a space is enough to part it from the value. */
  readonly isWhole: boolean;
  readonly isHeader: boolean;
}

/** Of a name in lower case; `undefined` for one without such a word. */
export function sensitivityOf(name: string): Sensitivity | undefined {
  if (!holdsAny(name, words)) return undefined;
  return { isWhole: endsWithWord(name), isHeader: holdsAny(name, headers) };
}

/** Whether nobody is to read what stands under a name in lower case. */
export function isSensitiveName(name: string): boolean {
  return holdsAny(name, words);
}

/** Whether a text in lower case, less what is around it, says that the credential comes next. */
export function announcesCredential(lower: string): boolean {
  let end = lower.length;
  while (end > 0 && !isWordUnit(charCodeAt(lower, end - 1))) end -= 1;
  let start = 0;
  while (start < end && !isWordUnit(charCodeAt(lower, start))) start += 1;
  const word = slice(lower, start, end);
  // In quotes or brackets, a word that links is the value itself.
  const isLink = start === 0 && isAmong(word, links);
  return isLink || isAmong(word, schemes) || endsWithWord(word);
}

function isAmong(word: string, list: readonly string[]): boolean {
  for (let i = 0; i < list.length; i++) if (word === list[i]) return true;
  return false;
}

function holdsAny(name: string, list: readonly string[]): boolean {
  for (let i = 0; i < list.length; i++) if (indexOf(name, list[i] as string) >= 0) return true;
  return false;
}

function endsWithWord(name: string): boolean {
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as string;
    if (endsWith(name, word) || endsWith(name, `${word}s`)) return true;
  }
  return false;
}
