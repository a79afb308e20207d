/**
 * Personal data that is found by its form and, if it has one, its checksum.
 *
 * Rule: each search begins at a character that is rare in most texts, and looks at a bounded number
 * of characters around it.
 */
import { type Finder, type Finding, finder } from "./findings.ts";

const localUnit = /[^\s"<>()[\]{},;:@\\|=]/;
/** RFC 3696 §2: no top-level domain is a number, as the end of `package@1.2.30` is. */
const domain = /@(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,62}\.)){1,8}\p{L}[\p{L}\p{N}-]{1,62}/uy;

const escapeRest = /^(?:[bfnrt]|u[\dA-Fa-f]{4})/;

/** RFC 5321 §4.5.3.1: at most 64 units before the `@`. */
function findEmails(text: string): readonly Finding[] {
  const found: Finding[] = [];
  for (let at = text.indexOf("@"); at >= 0; at = text.indexOf("@", at + 1)) {
    let start = at;
    while (start > 0 && at - start < 64 && localUnit.test(text[start - 1] ?? "")) start -= 1;
    // Half of a character cannot stay: texts are valid Unicode.
    if (/[\udc00-\udfff]/.test(text[start] ?? "")) start += 1;
    // A leading apostrophe is a quotation mark, and a backslash begins an escape of JSON.
    if (text[start] === "'") start += 1;
    if (text[start - 1] === "\\")
      start += escapeRest.exec(text.slice(start, start + 5))?.[0].length ?? 0;
    domain.lastIndex = at;
    const [host] = domain.exec(text) ?? [];
    if (start < at && host !== undefined)
      found.push({ kind: "email", start, end: at + host.length });
  }
  return found;
}

/** ITU-T E.164 numbers after a plus, and North American numbers in groups. */
const international = /\+[1-9](?:[ ().-]{0,2}\d){7,14}/g;
const american = /(?<![\d-])(?:\(\d{3}\) ?|\d{3}[-. ])\d{3}[-. ]\d{4}(?![\d-])/g;

/** ISO/IEC 7812: digits, alone or in groups, with an issuer's prefix and length and a checksum. */
function findCards(text: string): readonly Finding[] {
  return [...text.matchAll(/\d[\d -]{12}[\d -]*/g)].flatMap(({ 0: run, index }) =>
    cardsIn(run, index),
  );
}

function cardsIn(run: string, offset: number): readonly Finding[] {
  const groups = [...run.matchAll(/\d+/g)];
  const found: Finding[] = [];
  for (let first = 0; first < groups.length; first++) {
    let digits = "";
    for (let last = first; last < groups.length; last++) {
      const group = groups[last];
      const before = groups[last - 1];
      if (group === undefined) break;
      const isApart = before !== undefined && group.index - before.index - before[0].length > 1;
      if ((last > first && isApart) || digits.length + group[0].length > 19) break;
      digits += group[0];
      if (!isCard(digits)) continue;
      const start = offset + (groups[first]?.index ?? 0);
      found.push({ kind: "card", start, end: offset + group.index + group[0].length });
      first = last;
      break;
    }
  }
  return found;
}

/** Visa, Mastercard, American Express, Discover, Diners, JCB and UnionPay: prefixes and lengths. */
const issuers =
  /^(?:4(?:\d{12}|\d{15}|\d{18})|(?:5[1-5]\d\d|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}|3[47]\d{13}|(?:6011|64[4-9]\d|65\d\d)\d{12,15}|3(?:0[0-5]|[689]\d)\d{11}|35(?:2[89]|[3-8]\d)\d{12,15}|62\d{14,17})$/;

function isCard(digits: string): boolean {
  if (!issuers.test(digits)) return false;
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = Number(digits[digits.length - 1 - i]);
    const doubled = digit * 2;
    sum += i % 2 === 0 ? digit : doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

/** The lengths of IBANs by country, from SWIFT's registry. */
const ibanLengths =
  "AD24AE23AL28AT20AZ28BA20BE16BG22BH22BI27BR29BY28CH21CR22CY28CZ24DE22DJ27DK18DO28EE20EG29ES24FI18FK18FO18FR27GB22GE22GI23GL18GR27GT28HN28HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20LB28LC32LI21LT20LU20LV21LY25MC27MD24ME22MK19MN20MR27MT31MU30NI28NL18NO15OM23PK24PL28PS29PT25QA29RO24RS22RU33SA24SC31SD18SE24SI19SK24SM27SO23ST25SV28TL23TN24TR26UA29VA22VG24XK20YE30";
const lengthOf = new Map(
  [...ibanLengths.matchAll(/([A-Z]{2})(\d\d)/g)].map(([, country, length]) => [
    country,
    Number(length),
  ]),
);
// What comes before is looked at last, because few letters precede two digits.
const ibanStart = /[A-Za-z]{2}\d{2}(?<=(?:^|[^0-9A-Za-z]|IBAN).{4})/g;
const ibanUnit = /[0-9A-Za-z]/;

/**
 * ISO 13616: a word of the country's length, or one after `IBAN`, with a checksum. A space may
 * separate groups.
 */
function findIbans(text: string): readonly Finding[] {
  const found: Finding[] = [];
  for (const { 0: begin, index } of text.matchAll(ibanStart)) {
    const length = lengthOf.get(begin.slice(0, 2).toUpperCase());
    if (length === undefined) continue;
    let units = "";
    let end = index;
    while (units.length < length && end < text.length) {
      const unit = text[end] ?? "";
      const isGap = unit === " " && text[end - 1] !== " ";
      if (!isGap && !ibanUnit.test(unit)) break;
      if (!isGap) units += unit;
      end += 1;
    }
    const isWord = units.length === length && !ibanUnit.test(text[end] ?? "");
    if (isWord && isIban(units)) found.push({ kind: "iban", start: index, end });
  }
  return found;
}

/** ISO 7064, MOD 97-10. */
function isIban(units: string): boolean {
  let rest = 0;
  for (const unit of units.slice(4) + units.slice(0, 4)) {
    const number = Number.parseInt(unit, 36);
    rest = (rest * (number > 9 ? 100 : 10) + number) % 97;
  }
  return rest === 1;
}

/** Numbers that are issued: no area 000, 666 or 9xx, no group 00, no serial 0000. */
const ssn = /(?<![\d-])(?!000|666|9)\d{3}([- ])(?!00)\d{2}\1(?!0000)\d{4}(?![\d-])/g;

const ipV4 = /(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?!\d|\.\d)/g;
/**
 * RFC 6890: not this host, a loopback, a group, a reserved address or a mask, which identify nobody.
 */
function isIpV4(text: string): boolean {
  const parts = text.split(".").map(Number);
  const [first = 0] = parts;
  return first > 0 && first !== 127 && first < 224 && parts.every((part) => part <= 255);
}

/** A single colon at the end is punctuation. */
const ipV6Run = /(?<![\w:.])[\dA-Fa-f]{0,4}:[\dA-Fa-f:]{0,40}(?:[\dA-Fa-f]|::)(?!\w|:[\w:])/g;

/** RFC 4291 §2.2, with at least three groups: an address such as `::1` identifies nobody. */
function isIpV6(text: string): boolean {
  const halves = text.split("::");
  const groups = halves.flatMap((half) => (half === "" ? [] : half.split(":")));
  const isWhole = halves.length === 1 ? groups.length === 8 : groups.length < 8;
  return (
    halves.length <= 2 &&
    isWhole &&
    groups.length > 2 &&
    groups.every((group) => group.length >= 1 && group.length <= 4)
  );
}

/** Adds what ends elsewhere than anything found so far: the same data can have two forms. */
function withMore(found: readonly Finding[], more: readonly Finding[]): readonly Finding[] {
  const ends = new Set(found.map(({ end }) => end));
  return [...found, ...more.filter(({ end }) => !ends.has(end))];
}

const both =
  (one: Finder, other: Finder): Finder =>
  (text, key) =>
    withMore(one(text, key), other(text, key));

/**
 * Returns a text with line breaks, which separate no groups of digits, in place of characters as
 * JSON or a URI can write them. Each escape is replaced by as many characters as it has.
 */
const withoutEscapes = (text: string) =>
  text.replaceAll(/\\(?:[bfnrt]|u[\dA-Fa-f]{4})|%[\dA-Fa-f]{2}/g, (found) =>
    "\n".repeat(found.length),
  );

/**
 * Lets a finder also find what is a word only after an escape. What looks like an escape may be
 * none, as in `LIKE '%192.0.2.17%'`, so what is found without ends where it did.
 */
const afterEscapes =
  (find: Finder): Finder =>
  (text, key) => {
    const found = find(text, key);
    const spaced = withoutEscapes(text);
    if (spaced === text) return found;
    return withMore(found, find(spaced, key));
  };

/** The finders of personal data, by kind. */
export const piiFinders = Object.freeze({
  card: afterEscapes(findCards),
  email: findEmails,
  iban: afterEscapes(findIbans),
  ip: afterEscapes(both(finder("ip", ipV4, isIpV4), finder("ip", ipV6Run, isIpV6))),
  phone: afterEscapes(both(finder("phone", international), finder("phone", american))),
  ssn: afterEscapes(finder("ssn", ssn)),
} satisfies Record<string, Finder>);

/** A kind of personal data. */
export type PiiKind = keyof typeof piiFinders;
