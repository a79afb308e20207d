/**
 * Removes what looks like a credential: PEM blocks, the user in front of a host, and what follows
 * words such as `token`.
 *
 * Rule: each unit of the string is read a fixed number of times, whatever the string is. The result
 * contains nothing that a second run would remove.
 */
import { toLowerAscii } from "../data/intrinsics.ts";
import { marker } from "./one-line.ts";
import { sensitivityOf } from "./sensitive-words.ts";
import { matchAt, space, valueAfter } from "./value-after.ts";

/** Every match contains one of these, and most strings contain none. */
const suspicious = /-----BEGIN|:\/\/|authorization|bearer|token|secret|password|cookie|api/i;

export function withoutCredentials(text: string): string {
  if (!suspicious.test(text)) return text;
  return withoutValues(withoutUsers(withoutPem(text)));
}

const pemBegin = "-----BEGIN";
const pemEnd = "-----END";
/** The end of a block's last line, unless it begins the next block. */
const pemLabel = /(?:(?!-----).){0,64}(?!-----BEGIN)-----/sy;

/** RFC 7468. A block without an end extends to the end of the text. */
function withoutPem(text: string): string {
  let out = "";
  let from = 0;
  for (;;) {
    const begin = text.indexOf(pemBegin, from);
    if (begin < 0) return out + text.slice(from);
    out += text.slice(from, begin) + marker;
    const end = text.indexOf(pemEnd, begin);
    if (end < 0) return out;
    const label = end + pemEnd.length;
    from = label + (matchAt(pemLabel, text, label)?.[0].length ?? 0);
  }
}

/** RFC 3986 §3.2: an authority, up to a character that ends it in running text. */
const authority = /:\/\/([^/?#"'\\\p{Zs}]*)/gu;

/** RFC 3986 §3.2.1: the user is everything before the last `@` of the authority. */
function withoutUsers(text: string): string {
  return text.replace(authority, (whole, part: string) => {
    const user = part.lastIndexOf("@");
    return user > 0 ? `://${marker}${part.slice(user)}` : whole;
  });
}

const name = /[\w-]+/g;
/** The second word of `api key`. */
const keyWord = new RegExp(`${space}keys?(?![\\w-])`, "uy");

/** Looks for the words within names: `x-api-key`, `accessToken`, `AWS_SECRET_ACCESS_KEY`. */
function withoutValues(text: string): string {
  const lower = toLowerAscii(text);
  let out = "";
  let from = 0;
  name.lastIndex = 0;
  for (let found = name.exec(lower); found !== null; found = name.exec(lower)) {
    let end = name.lastIndex;
    let word = sensitivityOf(found[0]);
    if (word === undefined && found[0].endsWith("api")) {
      const key = matchAt(keyWord, lower, end);
      if (key !== undefined) {
        end += key[0].length;
        word = { isWhole: true, isHeader: false };
      }
    }
    name.lastIndex = end;
    if (word === undefined) continue;
    const value = valueAfter(text, lower, end, word);
    if (value === undefined) continue;
    out += text.slice(from, value.start) + marker;
    from = value.end;
    name.lastIndex = value.end;
  }
  return out + text.slice(from);
}
