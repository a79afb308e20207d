/**
 * The secrets that are found by their form.
 *
 * Rule: each pattern begins with fixed text and goes on with one run of a class of characters, of
 * bounded or any length, so that the time of a search is linear in the length of any text. Such a
 * run is written `[…]{n}[…]*`, because `[…]{n,}` overflows the stack in a few million characters.
 */
import { type Finder, type Finding, finder } from "./findings.ts";

/** The classes of characters that can follow a token's prefix. */
export const tokenCharacters = {
  digits: "0-9",
  hex: "0-9A-Fa-f",
  letters: "A-Za-z",
  alphanumeric: "0-9A-Za-z",
  base64: "0-9A-Za-z+/=",
  base64url: "0-9A-Za-z_-",
} as const;

/** A token: its prefix, and the run of characters after it. */
export interface TokenPattern {
  readonly prefix: string;
  readonly characters: keyof typeof tokenCharacters;
  /** The fewest characters after the prefix. A longer run is taken whole. */
  readonly min: number;
}

/** Returns a finder of tokens of one kind. */
export function tokenFinder(
  kind: string,
  patterns: readonly TokenPattern[],
  accepts?: (token: string) => boolean,
): Finder {
  const searches = patterns.map(({ prefix, characters, min }) => {
    const one = `[${tokenCharacters[characters]}]`;
    const pattern = `${escaped(prefix)}${one}{${min}}${one}*`;
    return { prefix, find: finder(kind, new RegExp(pattern, "g"), accepts) };
  });
  return (text, key) =>
    // Most texts do not contain the prefix, and this search is faster than the pattern's.
    searches.flatMap(({ prefix, find }) => (text.includes(prefix) ? find(text, key) : []));
}

function escaped(text: string): string {
  return text.replaceAll(/[$()*+.?[\\\]^{|}/-]/g, "\\$&");
}

const of = (characters: TokenPattern["characters"], min: number, ...prefixes: readonly string[]) =>
  prefixes.map((prefix) => ({ prefix, characters, min }));

/** The kinds with fixed prefixes, as their issuers document them. */
const tokens = {
  "anthropic-key": of("base64url", 20, "sk-ant-"),
  "aws-access-key": of("alphanumeric", 16, "AKIA", "ASIA"),
  "github-token": [
    ...of("alphanumeric", 36, "ghp_", "gho_", "ghu_", "ghs_", "ghr_"),
    ...of("base64url", 40, "github_pat_"),
  ],
  "gitlab-token": of("base64url", 20, "glpat-"),
  "google-key": [...of("base64url", 35, "AIza"), ...of("base64url", 20, "ya29.", "GOCSPX-")],
  "huggingface-token": of("alphanumeric", 30, "hf_"),
  "npm-token": of("alphanumeric", 36, "npm_"),
  "pypi-token": of("base64url", 40, "pypi-"),
  "shopify-token": of("hex", 32, "shpat_", "shpss_"),
  "slack-token": of("base64url", 20, "xoxb-", "xoxp-", "xoxa-", "xoxr-", "xoxs-", "xapp-"),
  "stripe-key": of("alphanumeric", 16, "sk_live_", "sk_test_", "rk_live_", "rk_test_", "whsec_"),
} as const satisfies Record<string, readonly TokenPattern[]>;

/** The ends of names of fields and arguments whose value is a secret. */
const secretName =
  /(?:pass(?:word|wd|phrase)|secret|token|credential|authorization|(?:access|account|api|auth|client|encryption|master|private|secret|shared|signing|ssh)[_-]?key)s?$/i;
/** The ends of names of tokens that are not secret. */
const harmlessName =
  /(?:page|progress|next|prev|previous|cursor|continuation|csrf|sync)[_-]?tokens?$/i;

const marker = /^\[REDACTED:[a-z0-9-]+\]$/;

/** More characters than either pattern can match. */
const longestEnd = 32;

function isSecretName(name: string): boolean {
  const end = name.slice(-longestEnd);
  return secretName.test(end) && !harmlessName.test(end);
}

/** Matches an assignment, from the end of the name to where the value begins. */
const assignment = /["'\\]{0,3}\s{0,3}(?:=>|[:=])\s{0,3}["'\\]{0,3}/g;
/** RFC 9110 §11.4: the scheme before the credentials of a header. */
const schemes = "(?:bearer|basic|dpop|negotiate|token|api-?key)";
const leadingScheme = new RegExp(`^\\s*(?:${schemes}\\s+)?`, "i");
const unit = "[0-9a-z+/_.~!@#$%^*-]";
const value = new RegExp(`(?:${schemes}\\s{1,3})?(${unit}{12}${unit}*={0,2})`, "iy");
/**
 * RFC 3986 §3.2.1: the password of a user before a host. Digits before a separator are a port, and
 * what follows the tag of an image may be a digest.
 */
const urlPassword =
  /:\/\/[^\s/?#@:"'\\<>[\]{},;|&()]{0,64}:(?!\d{1,5}[,;:&|()`\u0080-\uffff])([^\s/?#@"'\\<>[\]{}]{12,4096})@(?!sha(?:256|512):)/g;

function findAssigned(text: string, key: string): readonly Finding[] {
  const kind = "assigned-secret";
  if (isSecretName(key)) {
    const start = leadingScheme.exec(text)?.[0].length ?? 0;
    const credentials = text.slice(start).trimEnd();
    if (!marker.test(credentials) && isRandom(credentials))
      return [{ kind, start, end: start + credentials.length }];
  }
  const found: Finding[] = [];
  for (const { 0: whole, 1: password = "", index } of text.matchAll(urlPassword)) {
    const end = index + whole.length - "@".length;
    if (isRandom(password)) found.push({ kind, start: end - password.length, end });
  }
  for (const { 0: sign, index } of text.matchAll(assignment)) {
    if (!isSecretName(text.slice(Math.max(index - longestEnd, 0), index))) continue;
    value.lastIndex = index + sign.length;
    const [, given] = value.exec(text) ?? [];
    if (given === undefined || !isRandom(given)) continue;
    const end = value.lastIndex;
    found.push({ kind, start: end - given.length, end });
  }
  return found;
}

/** Whether a string looks random: it has letters and digits, and few characters repeat. */
function isRandom(text: string): boolean {
  if (text.length < 12 || text.length > 4096 || /\s/.test(text)) return false;
  if (!/[A-Za-z]/.test(text) || !/[0-9]/.test(text)) return false;
  const counts = new Map<string, number>();
  for (const unit of text) counts.set(unit, (counts.get(unit) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values())
    bits -= (count / text.length) * Math.log2(count / text.length);
  return bits >= 3.2;
}

const run = /[\w.-]+/g;

/** RFC 7519: three parts of base64url; the first two are JSON objects. */
function findJwts(text: string): readonly Finding[] {
  if (!text.includes("eyJ")) return [];
  const found: Finding[] = [];
  for (const { 0: whole, index } of text.matchAll(run)) {
    let start = index;
    const parts = whole.split(".").map((part) => {
      const at = start;
      start += part.length + 1;
      return { part, at };
    });
    parts.forEach(({ part: header, at }, i) => {
      const payload = parts[i + 1];
      const signature = parts[i + 2];
      const begin = header.indexOf("eyJ");
      if (begin < 0 || header.length - begin < 10 || !payload?.part.startsWith("eyJ")) return;
      const end = signature ?? payload;
      found.push({ kind: "jwt", start: at + begin, end: end.at + end.part.length });
    });
  }
  return found;
}

const pemBegin = "-----BEGIN ";
const pemLabel = /-----BEGIN (?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY(?: BLOCK)?-----/y;
const pemEnd = "-----END ";
const pemEndLabel = /-----END [A-Z0-9 ]{0,80}-----/y;

/** RFC 7468. A block without an end marker extends to the end of the text. */
function findPrivateKeys(text: string): readonly Finding[] {
  const found: Finding[] = [];
  let from = 0;
  for (;;) {
    const start = text.indexOf(pemBegin, from);
    if (start < 0) return found;
    from = start + pemBegin.length;
    pemLabel.lastIndex = start;
    if (!pemLabel.test(text)) continue;
    const last = text.indexOf(pemEnd, from);
    pemEndLabel.lastIndex = Math.max(last, 0);
    const label = last < 0 ? undefined : pemEndLabel.exec(text)?.[0];
    const end = last < 0 ? text.length : last + (label ?? pemEnd).length;
    found.push({ kind: "private-key", start, end });
    from = end;
  }
}

/** Many names begin with `sk-`; a key has capitals and digits. */
const openAiKeys = tokenFinder(
  "openai-key",
  of("base64url", 32, "sk-"),
  (token) => /[A-Z]/.test(token) && /[0-9]/.test(token) && !token.startsWith("sk-ant-"),
);

/** The finders of secrets, by kind. */
export const secretFinders: Readonly<Record<SecretKind, Finder>> = Object.freeze({
  ...tokenFinders(),
  "assigned-secret": findAssigned,
  jwt: findJwts,
  "openai-key": openAiKeys,
  "private-key": findPrivateKeys,
});

/** A kind of secret. */
export type SecretKind =
  | keyof typeof tokens
  | "assigned-secret"
  | "jwt"
  | "openai-key"
  | "private-key";

function tokenFinders(): Record<keyof typeof tokens, Finder> {
  const entries = Object.entries(tokens).map(([kind, patterns]) => [
    kind,
    tokenFinder(kind, patterns),
  ]);
  return Object.fromEntries(entries) as Record<keyof typeof tokens, Finder>;
}
