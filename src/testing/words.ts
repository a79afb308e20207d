/** Strings, labels, keys and JSON data, from which values of any schema are made. */
import * as fc from "fast-check";

// Names of members of every object, of promises and of serializers. As keys they are mere data.
const oddKeys = [
  "constructor",
  "prototype",
  "valueOf",
  "toString",
  "then",
  "toJSON",
  "hasOwnProperty",
];

// Any character, but no lone surrogate. fast-check's unit "binary" takes most of a second to make.
export const characters: fc.Arbitrary<string> = fc
  .integer({ min: 0, max: 0x10ffff - 0x800 })
  .map((at) => String.fromCodePoint(at < 0xd800 ? at : at + 0x800));
const anyText = fc.string({ unit: characters, maxLength: 6 });
/** Short strings, including those with a special meaning somewhere. */
export const texts: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom("", "a", "b", "id-1", "user", "ä", "\u{1d4b3}", "\uff61", "a b", ...oddKeys),
  anyText,
);

/** Web URLs. fast-check's own would need that slow unit, for encoded characters. */
export const urls: fc.Arbitrary<string> = fc.stringMatching(
  /^https?:\/\/[a-z][a-z\d-]{0,3}[a-z]\.example(:[1-9]\d{3})?(\/([\w.~!$&'()*+,;=:@-]|%[2-7][\dA-F]){0,6}){0,3}(\?[\w=&/?:@]{0,6})?(#[\w-]{0,4})?$/,
);

/** Valid labels, some of which look alike. */
export const labels: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom("PII", "pii", "EU", "secret", "a b", "ä", "\u{1d4b3}", "\uff61", "label-1"),
  fc.stringMatching(/^[a-z]{1,4}$/),
);

/** Keys of free-form maps in a host's input. */
export const keys: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom("a", "b", "c", "k", "0", "", ...oddKeys),
  fc.string({ unit: characters, minLength: 1, maxLength: 4 }).filter((key) => key !== "__proto__"),
);

/** Records. Keys are defined, not assigned, so that none calls a setter. */
export function mapOf<T>(
  key: fc.Arbitrary<string>,
  value: fc.Arbitrary<T>,
  maxLength = 4,
): fc.Arbitrary<Record<string, T>> {
  return fc
    .uniqueArray(fc.tuple(key, value), { selector: ([each]) => each, maxLength })
    .map((entries) => Object.fromEntries(entries));
}

export const numbers: fc.Arbitrary<number> = fc.oneof(
  fc.integer({ min: -3, max: 300 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(0, -0, Number.MAX_SAFE_INTEGER, Number.MIN_VALUE),
);

const { json } = fc.letrec<{ json: unknown }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 3, depthSize: "small" },
    fc.oneof(texts, numbers, fc.boolean(), fc.constant(null)),
    fc.array(tie("json"), { maxLength: 3 }),
    mapOf(keys, tie("json"), 3),
  ),
}));
/** Any JSON value. */
export const jsonValues: fc.Arbitrary<unknown> = json;

const headerNames = fc.constantFrom(
  "accept",
  "X-A",
  "x-a",
  "x-b",
  "X-Request-Id",
  "authorization",
  "cookie",
  "constructor",
);
/** Header maps: names in several spellings, including those of credentials. */
export const headers: fc.Arbitrary<Record<string, string>> = mapOf(
  headerNames,
  fc.oneof(fc.constantFrom("", "1", "a b\tc", "\u00e9"), texts),
);

export const instants: fc.Arbitrary<string> = fc
  .tuple(
    fc.date({ min: new Date("0001-01-02"), max: new Date("9999-12-30"), noInvalidDate: true }),
    fc.constantFrom("", ".1", ".120", ".000000001", ".123456789"),
    fc.constantFrom("Z", "z", "", "+00:00", "-23:59", "+05:30"),
  )
  .map(([date, fraction, zone]) => `${date.toISOString().slice(0, 19)}${fraction}${zone}`);

/** Arbitraries from which free text, labels, headers and free-form data are made. */
export interface Words {
  readonly texts: fc.Arbitrary<string>;
  readonly labels: fc.Arbitrary<string>;
  readonly keys: fc.Arbitrary<string>;
  readonly headers: fc.Arbitrary<Record<string, string>>;
  readonly json: fc.Arbitrary<unknown>;
}
export const ordinaryWords: Words = { texts, labels, keys, headers, json };
