/** Values that a zod schema of a slot table accepts, read off the schema. */
import fc from "fast-check";
import type * as z from "zod";
import { kindOf } from "../../src/admit/index.ts";

// Names of members of every object, of promises and of serialisers: data like any other.
const oddKeys = [
  "constructor",
  "prototype",
  "valueOf",
  "toString",
  "then",
  "toJSON",
  "hasOwnProperty",
];

// Any character but half of one. fast-check's own unit "binary" takes a second to be made.
export const characters = fc
  .integer({ min: 0, max: 0x10ffff - 0x800 })
  .map((at) => String.fromCodePoint(at < 0xd800 ? at : at + 0x800));
const anyText = fc.string({ unit: characters, maxLength: 6 });
export const texts: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom("", "a", "b", "id-1", "user", "ä", "\u{1d4b3}", "\uff61", "a b", ...oddKeys),
  anyText,
);

export const labels: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom("PII", "pii", "EU", "secret", "a b", "ä", "\u{1d4b3}", "\uff61", "label-1"),
  fc.stringMatching(/^[a-z]{1,4}$/),
);

/** Keys of free-form maps in what a host hands in; there `__proto__` is data too. */
export const keys: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom("a", "b", "c", "k", "0", "", ...oddKeys),
  fc.string({ unit: characters, minLength: 1, maxLength: 4 }).filter((key) => key !== "__proto__"),
);

/** Defines each key, so that none is a setter. */
export function mapOf<T>(key: fc.Arbitrary<string>, value: fc.Arbitrary<T>, maxLength = 4) {
  return fc
    .uniqueArray(fc.tuple(key, value), { selector: ([name]) => name, maxLength })
    .map((entries) => Object.fromEntries(entries) as Record<string, T>);
}

const numbers = fc.oneof(
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
export const headers = mapOf(
  headerNames,
  fc.oneof(fc.constantFrom("", "1", "a b\tc", "\u00e9"), texts),
);

const instants: fc.Arbitrary<string> = fc
  .tuple(
    fc.date({ min: new Date("0001-01-02"), max: new Date("9999-12-30"), noInvalidDate: true }),
    fc.constantFrom("", ".1", ".120", ".000000001", ".123456789"),
    fc.constantFrom("Z", "z", "", "+00:00", "-23:59", "+05:30"),
  )
  .map(([date, fraction, zone]) => `${date.toISOString().slice(0, 19)}${fraction}${zone}`);

/** What free text, labels, headers and free-form data are made of. */
export interface Words {
  readonly texts: fc.Arbitrary<string>;
  readonly labels: fc.Arbitrary<string>;
  readonly keys: fc.Arbitrary<string>;
  readonly headers: fc.Arbitrary<Record<string, string>>;
  readonly json: fc.Arbitrary<unknown>;
}
const ordinary: Words = { texts, labels, keys, headers, json };

/** Values the schema accepts; null now and then where a part may be absent. */
export function valuesOf(schema: z.ZodType, words: Words = ordinary): fc.Arbitrary<unknown> {
  const kind = kindOf(schema);
  if (kind !== undefined) return valuesOfKind(kind.shape, kind.jsonSchema, words);
  const def = schema._zod.def as unknown as Def;
  switch (def.type) {
    case "object":
      return valuesOfObject(def, words);
    case "record":
      return mapOf(words.keys, valuesOf(def.valueType, words));
    case "array":
      return fc.array(valuesOf(def.element, words), { maxLength: 3 });
    case "string":
      return words.texts;
    case "number":
      return fc.integer({ min: 0, max: 255 });
    case "boolean":
      return fc.boolean();
    case "enum":
    case "literal":
      return fc.constantFrom(...(schema._zod.values ?? []));
    case "union":
      return fc.oneof(...def.options.map((option) => valuesOf(option, words)));
    case "optional":
    case "default":
    case "readonly":
      return valuesOf(def.innerType, words);
    case "pipe":
      return valuesOf(def.in, words);
    default:
      throw new Error(`No generator for a schema of type ${def.type}.`);
  }
}

interface Def {
  readonly type: string;
  readonly shape: Readonly<Record<string, z.ZodType>>;
  readonly catchall?: z.ZodType;
  readonly valueType: z.ZodType;
  readonly element: z.ZodType;
  readonly innerType: z.ZodType;
  readonly in: z.ZodType;
  readonly options: readonly z.ZodType[];
}

function valuesOfObject({ shape, catchall }: Def, words: Words): fc.Arbitrary<unknown> {
  const required = Object.keys(shape).filter((key) => shape[key]?._zod.optin === undefined);
  const fields = Object.fromEntries(
    Object.entries(shape).map(([key, inner]) => {
      const given = valuesOf(inner, words);
      const mayBeNull = inner._zod.def.type === "optional";
      return [key, mayBeNull ? fc.option(given, { nil: null, freq: 12 }) : given];
    }),
  );
  const known = fc.record(fields, { requiredKeys: required });
  if (catchall === undefined || catchall._zod.def.type === "never") return known;
  const others = words.keys.filter((key) => !Object.hasOwn(shape, key));
  return fc
    .tuple(mapOf(others, valuesOf(catchall, words), 2), known)
    .map(([rest, own]) => Object.fromEntries([...Object.entries(rest), ...Object.entries(own)]));
}

function valuesOfKind(
  shape: string,
  rule: { readonly [keyword: string]: unknown },
  words: Words,
): fc.Arbitrary<unknown> {
  if (shape === "set")
    return fc.array("maxItems" in rule ? words.labels : words.texts, { maxLength: 4 });
  if (shape === "headers") return words.headers;
  if (shape === "map") return mapOf(words.keys, words.json);
  if (rule.format === "date-time") return instants;
  if (rule.type === "integer")
    return fc.oneof(fc.nat(9), fc.constantFrom(-0, Number.MAX_SAFE_INTEGER));
  if (rule.type === "number") return numbers.map(Math.abs);
  // A text, or the bytes of one.
  if ("anyOf" in rule) {
    const bytes = words.texts.map((text) => [...new TextEncoder().encode(text)]);
    return fc.oneof(words.texts, bytes);
  }
  return words.json;
}
