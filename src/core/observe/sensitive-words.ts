/** The words after which a credential is expected, in names of keys, headers and variables. */

const sensitive = /authorization|bearer|token|secret|password|cookie|api[_-]?key/;
/** Headers whose values have spaces in them. */
const header = /authorization|cookie/;
const endsSensitive = /(?:authorization|bearer|token|secret|password|cookie|api[_-]?key)s?$/;
/** RFC 9110 §11: names of schemes, which a space separates from the credential. */
const scheme = /^(?:basic|digest|negotiate|ntlm|hawk|dpop)$/;
/** What may link a word to its value in prose: `secret access key: …`, `the password is …`. */
const link = /^(?:access|are|header|is|keys?|not|value|was)$/;

/** How a name contains a sensitive word. */
export interface Sensitivity {
  /** Whether it ends with the word, so that a space is enough to separate it from the value. */
  readonly isWhole: boolean;
  readonly isHeader: boolean;
}

/** Describes a name in lower case; `undefined` for one without such a word. */
export function sensitivityOf(name: string): Sensitivity | undefined {
  if (!isSensitiveName(name)) return undefined;
  return { isWhole: endsSensitive.test(name), isHeader: header.test(name) };
}

/** Whether the value under a name in lower case must be hidden. */
export function isSensitiveName(name: string): boolean {
  return sensitive.test(name);
}

/** Whether a trimmed, lower-case string says that a credential comes next. */
export function announcesCredential(lower: string): boolean {
  const word = lower.match(/[\w-](?:.*[\w-])?/su)?.[0] ?? "";
  // In quotes or brackets, a linking word is the value itself.
  const isLink = lower.startsWith(word) && link.test(word);
  return isLink || word.endsWith("api") || scheme.test(word) || endsSensitive.test(word);
}
