/**
 * The JSON Schemas that stock plugins take: draft 2020-12, with keywords that are all checked.
 *
 * Rule: a keyword that is unknown, malformed or without effect is refused, because what it seems to
 * rule out would be allowed. `pattern` is unknown too: on input that a caller chose, a regular
 * expression can take arbitrarily long.
 */
import * as z from "zod/mini";

type Test = (value: unknown) => boolean;
type Rec = Readonly<Record<string, unknown>>;

/** A value of a schema, where it is, and the schema whose keyword it is. */
interface Place {
  readonly path: readonly (string | number)[];
  readonly schema: Rec;
  /** Reports that the value is malformed. */
  readonly fault: (message: string, path?: Place["path"]) => Test;
}

/** Without one of these, a schema that has other keywords allows values of most types. */
const deciding = ["type", "const", "enum", "anyOf", "oneOf", "allOf"];
/** Deeper schemas would exhaust the stack. */
const maxDepth = 200;

/** A JSON Schema of an object, for `schemaTest`. */
export const objectSchema = z.unknown().check(({ value, issues }) => {
  schemaTest(value, (message, path = []) => {
    issues.push({ code: "custom", message, path: [...path], input: value });
    return refuses;
  });
});

/** Returns what tests values against a JSON Schema of an object. A faulty schema allows nothing. */
export function schemaTest(given: unknown, fault: Place["fault"] = () => refuses): Test {
  const schema = copyOf(given);
  if (!isRecord(schema) || schema.type !== "object")
    return fault('must be a JSON Schema with the type "object"');
  return compiled(schema, { path: [], schema, fault });
}

const refuses: Test = () => false;

/** A copy, so that later changes of the options change nothing. Functions cannot be copied. */
function copyOf(given: unknown): unknown {
  try {
    return structuredClone(given);
  } catch {
    return undefined;
  }
}

function compiled(schema: unknown, place: Place): Test {
  const { path, fault } = place;
  if (typeof schema === "boolean") return () => schema;
  if (!isRecord(schema)) return fault("must be a JSON Schema", path);
  if (path.length > maxDepth) return fault("is nested too deeply", path);
  const names = Object.keys(schema);
  if (names.length > 0 && !deciding.some((name) => Object.hasOwn(schema, name)))
    return fault(`must have one of ${deciding.join(", ")}`, path);
  const tests = names.map((name) => {
    const keyword = Object.hasOwn(keywords, name) ? keywords[name] : undefined;
    const at: Place = { ...place, path: [...path, name], schema };
    return keyword === undefined
      ? fault("is a keyword that would not be checked", at.path)
      : keyword(schema[name], at);
  });
  return (value) => tests.every((test) => test(value));
}

type Keyword = (value: unknown, place: Place) => Test;

/** A keyword that restricts values of one type, and has no say about values of other types. */
function only<Value>(
  type: keyof typeof types,
  is: (value: unknown) => value is Value,
  read: (keyword: unknown, place: Place) => (value: Value) => boolean,
): Keyword {
  return (keyword, place) => {
    const named = Object.hasOwn(place.schema, "type") ? [place.schema.type].flat() : [type];
    const isOther = !named.includes(type) && !(type === "number" && named.includes("integer"));
    if (isOther) return place.fault('has no effect on the "type" beside it', place.path);
    const test = read(keyword, place);
    return (value) => !is(value) || test(value);
  };
}

const types = {
  array: isList,
  boolean: (value: unknown) => typeof value === "boolean",
  integer: (value: unknown) => Number.isInteger(value),
  null: (value: unknown) => value === null,
  number: isNumber,
  object: isRecord,
  string: isString,
};

type Compare = (size: number, bound: number) => boolean;
const atLeast: Compare = (size, bound) => size >= bound;
const atMost: Compare = (size, bound) => size <= bound;

const bound = (compare: Compare) =>
  only("number", isNumber, (limit, { fault, path }) =>
    isNumber(limit) ? (value) => compare(value, limit) : fault("must be a number", path),
  );

const count =
  <Value>(sizeOf: (value: Value) => number, compare: Compare) =>
  (limit: unknown, { fault, path }: Place) =>
    isNumber(limit) && Number.isInteger(limit) && limit >= 0
      ? (value: Value) => compare(sizeOf(value), limit)
      : fault("must be a whole number from 0", path);

const several =
  (decide: (tests: readonly Test[], value: unknown) => boolean): Keyword =>
  (schemas, place) => {
    const { path, fault } = place;
    if (!isList(schemas) || schemas.length === 0)
      return fault("must be a list of JSON Schemas", path);
    const tests = schemas.map((each, at) => compiled(each, { ...place, path: [...path, at] }));
    return (value) => decide(tests, value);
  };

const note: Keyword = (value, { fault, path }) =>
  isString(value) ? () => true : fault("must be a string", path);

const keywords: Readonly<Record<string, Keyword>> = {
  $schema: note,
  description: note,
  title: note,
  type(value, { fault, path }) {
    const names = isList(value) ? value : [value];
    if (!isNames(names) || names.length === 0 || !names.every((name) => Object.hasOwn(types, name)))
      return fault(`must be one or more of ${Object.keys(types).join(", ")}`, path);
    const tests = names.map((name) => types[name as keyof typeof types]);
    return (given) => tests.some((test) => test(given));
  },
  const: (value) => (given) => isSame(given, value),
  enum: (values, { fault, path }) =>
    isList(values) && values.length > 0
      ? (given) => values.some((value) => isSame(given, value))
      : fault("must be a list of values", path),
  allOf: several((tests, value) => tests.every((test) => test(value))),
  anyOf: several((tests, value) => tests.some((test) => test(value))),
  oneOf: several((tests, value) => tests.filter((test) => test(value)).length === 1),
  minimum: bound(atLeast),
  maximum: bound(atMost),
  exclusiveMinimum: bound((value, limit) => value > limit),
  exclusiveMaximum: bound((value, limit) => value < limit),
  multipleOf: only("number", isNumber, (unit, { fault, path }) =>
    isNumber(unit) && unit > 0
      ? (value) => isMultiple(value, unit)
      : fault("must be a number above 0", path),
  ),
  minLength: only("string", isString, count(lengthOf, atLeast)),
  maxLength: only("string", isString, count(lengthOf, atMost)),
  minItems: only("array", isList, count(itemsOf, atLeast)),
  maxItems: only("array", isList, count(itemsOf, atMost)),
  items: only("array", isList, (schema, place) => {
    const test = compiled(schema, place);
    return (list) => list.every(test);
  }),
  properties: only("object", isRecord, (schemas, place) => {
    const { fault, path } = place;
    if (!isRecord(schemas)) return fault("must be an object of JSON Schemas", path);
    const tests = Object.entries(schemas).map(
      ([name, each]) => [name, compiled(each, { ...place, path: [...path, name] })] as const,
    );
    return (record) =>
      tests.every(([name, test]) => !Object.hasOwn(record, name) || test(record[name]));
  }),
  additionalProperties: only("object", isRecord, (schema, place) => {
    const test = compiled(schema, place);
    const named = new Set(Object.keys(place.schema.properties ?? {}));
    return (record) =>
      Object.entries(record).every(([name, value]) => named.has(name) || test(value));
  }),
  required: only("object", isRecord, (names, { fault, path }) =>
    isNames(names)
      ? (record) => names.every((name) => Object.hasOwn(record, name))
      : fault("must be a list of different names", path),
  ),
};

/** Whether two JSON values are equal: objects in any order of their names, numbers by value. */
function isSame(a: unknown, b: unknown): boolean {
  if (isList(a)) return isList(b) && a.length === b.length && a.every((x, i) => isSame(x, b[i]));
  if (!isRecord(a) || !isRecord(b)) return a === b;
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => Object.hasOwn(b, name) && isSame(a[name], b[name]))
  );
}

function itemsOf(list: readonly unknown[]): number {
  return list.length;
}

/** Counts code points, as JSON Schema does. */
function lengthOf(text: string): number {
  let length = 0;
  for (const _ of text) length++;
  return length;
}

/** In decimal, because 0.3 is a multiple of 0.1, although not of its nearest binary fraction. */
function isMultiple(value: number, unit: number): boolean {
  const a = decimalOf(value);
  const b = decimalOf(unit);
  const exponent = Math.min(a.exponent, b.exponent);
  const scaled = ({ digits, exponent: own }: typeof a) => digits * 10n ** BigInt(own - exponent);
  return scaled(a) % scaled(b) === 0n;
}

function decimalOf(value: number): { readonly digits: bigint; readonly exponent: number } {
  const [mantissa = "", exponent = "0"] = String(value).split("e");
  const [whole = "", fraction = ""] = mantissa.split(".");
  return { digits: BigInt(whole + fraction), exponent: Number(exponent) - fraction.length };
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

/** Whether a value is a list of different strings. */
function isNames(value: unknown): value is readonly string[] {
  return isList(value) && value.every(isString) && new Set(value).size === value.length;
}

function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

function isRecord(value: unknown): value is Rec {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isString(value: unknown): value is string {
  return typeof value === "string";
}
