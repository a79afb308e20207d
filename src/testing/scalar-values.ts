/** Strings and numbers that satisfy the checks of a zod schema. */
import * as fc from "fast-check";
import * as z from "zod/mini";
import { attempt } from "../core/data/index.ts";
import { acceptable } from "./acceptable.ts";
import { characters, instants, urls, type Words } from "./words.ts";

/** The fields of a check in a schema's definition. */
interface Rule {
  readonly check?: string;
  readonly format?: string;
  readonly pattern?: RegExp;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly length?: number;
  readonly value?: number;
}

/** The rules of a schema: that of its own format, then the checks it was given. */
function rulesOf(schema: z.core.$ZodType): readonly Rule[] {
  const def = schema._zod.def as Rule & { readonly checks?: readonly z.core.$ZodCheck[] };
  const given = (def.checks ?? []).map(({ _zod }): Rule => _zod.def);
  return def.check === undefined ? given : [def, ...given];
}

/** The minimum and maximum length. Without a check, a length is unbounded. */
export function lengthsOf(schema: z.core.$ZodType): readonly [min: number, max: number] {
  const rules = rulesOf(schema);
  const exact = rules.flatMap(({ length }) => length ?? []);
  return [
    Math.max(0, ...exact, ...rules.flatMap(({ minimum }) => minimum ?? [])),
    Math.min(Number.POSITIVE_INFINITY, ...exact, ...rules.flatMap(({ maximum }) => maximum ?? [])),
  ];
}

const padded = (value: number) => `${value}`.padStart(2, "0");
const days = fc
  .tuple(fc.integer({ min: 1000, max: 9999 }), fc.integer({ min: 1, max: 12 }), fc.nat(27))
  .map(([year, month, day]) => `${year}-${padded(month)}-${padded(day + 1)}`);

/** Formats whose patterns fast-check cannot use, or that need more than a pattern. */
const formats: { readonly [format: string]: fc.Arbitrary<string> } = {
  email: fc.stringMatching(/^[a-z]{1,6}@[a-z]{1,6}\.example$/),
  url: urls,
  uuid: fc.uuid(),
  guid: fc.uuid(),
  ipv4: fc.ipV4(),
  ipv6: fc.ipV6(),
  date: days,
  datetime: fc
    .tuple(days, fc.nat(23), fc.nat(59), fc.nat(59))
    .map(([day, ...clock]) => `${day}T${clock.map(padded).join(":")}Z`),
};

/** Usual forms of strings, one of which may satisfy a schema's own rule. */
const usualTexts: fc.Arbitrary<string> = fc.oneof(
  fc.stringMatching(/^[a-z][a-z0-9]{0,5}$/),
  fc.stringMatching(/^[a-z]{1,3}[-_.:/][a-z0-9]{1,3}$/),
  fc.stringMatching(/^[A-Z]{2,4}$/),
  fc.nat(9999).map(String),
  instants,
  ...Object.values(formats),
);

/** Strings of the schema's length and format that its rules accept. */
export function textsOf(schema: z.core.$ZodType, words: Words, at: string): fc.Arbitrary<string> {
  const rules = rulesOf(schema);
  if (rules.length === 0) return words.texts;
  const known = rules.flatMap(({ format = "" }) => formats[format] ?? []);
  if (known.length > 0) return fitting(schema, at, fc.oneof(...known));
  const matching = rules.flatMap(({ pattern }) => matches(pattern) ?? []);
  if (matching.length > 0) return fitting(schema, at, fc.oneof(...matching));
  const [min, max] = lengthsOf(schema);
  if (min > 1 || max < 6) return fitting(schema, at, textsWithin(min, max));
  return fitting(schema, at, fc.oneof(words.texts, usualTexts));
}

/** Limits the length in UTF-16 units, of which a character can have two. */
function textsWithin(minLength: number, max: number): fc.Arbitrary<string> {
  const maxLength = Math.min(max, minLength + 6);
  return fc.string({ unit: characters, minLength, maxLength }).map((text) => {
    return text.length <= maxLength ? text : text.replaceAll(/[\ud800-\udfff]{2}/g, "-");
  });
}

/** Filters by this schema alone, so that few of the larger values made from these are refused. */
function fitting<T>(schema: z.core.$ZodType, at: string, values: fc.Arbitrary<T>): fc.Arbitrary<T> {
  const accept = (value: T) => z.parse(schema, value);
  return acceptable(values, accept, `${at} (a string or number with rules of its own)`);
}

function matches(pattern: RegExp | undefined): fc.Arbitrary<string> | undefined {
  // No strings for a pattern that fast-check does not support: the caller filters other strings.
  return attempt(() => pattern && fc.stringMatching(pattern));
}

/** Numbers in the schema's range, integers if required. Where it is open, some are far away. */
export function numbersIn(schema: z.core.$ZodType, at: string): fc.Arbitrary<number> {
  const rules = rulesOf(schema);
  const bounds = (check: string) =>
    rules.flatMap((rule) => (rule.check === check ? (rule.value ?? []) : []));
  const highest = Math.min(...bounds("less_than"));
  const lowest = Math.max(...bounds("greater_than"));
  const isWhole = rules.some(({ format }) => format?.includes("int") === true);
  // Whether a bound itself is allowed is left to the schema.
  const low = Number.isFinite(lowest) ? lowest : Math.min(0, highest - 255);
  const high = Number.isFinite(highest) ? highest : Math.max(255, low + 255);
  const near = numbersWithin(low, high, isWhole);
  const ranges = rules.flatMap(({ format = "" }) => rangesOf.get(format) ?? []);
  const least = Math.max(lowest, -farthest, ...ranges.map(({ min }) => min));
  const most = Math.min(highest, farthest, ...ranges.map(({ max }) => max));
  const isOpen = least < low || most > high;
  const far = isOpen ? [numbersWithin(least, most, isWhole)] : [];
  // Most doubles in a wide range are close to 0, so large ones are made from integers.
  const uneven = isWhole ? [] : far.map((values) => values.map((value) => value / 1024));
  const values = fc.oneof({ weight: 2, arbitrary: near }, ...far, ...uneven);
  return rules.length === 0 ? values : fitting(schema, at, values);
}

/** How far from 0 numbers of an open range are: beyond it, not every integer is a number. */
const farthest = Number.MAX_SAFE_INTEGER;

/** The formats whose numbers are closer to 0, as in zod. */
const rangesOf = new Map([
  ["int32", { min: -(2 ** 31), max: 2 ** 31 - 1 }],
  ["uint32", { min: 0, max: 2 ** 32 - 1 }],
]);

function numbersWithin(low: number, high: number, isWhole: boolean): fc.Arbitrary<number> {
  const from = Math.ceil(low);
  const to = Math.floor(high);
  const wholes = fc.integer({
    min: Math.max(from, -farthest),
    max: Math.max(from, Math.min(to, farthest)),
  });
  const any = fc.double({ min: low, max: high, noNaN: true, noDefaultInfinity: true });
  return isWhole ? wholes : from <= to ? fc.oneof(wholes, any) : any;
}
