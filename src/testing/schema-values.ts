/** Generates values for a zod schema. */
import * as fc from "fast-check";
import type * as z from "zod/mini";
import { optionsInvalid } from "../core/errors/index.ts";
import { kindOf } from "../core/schema/index.ts";
import { lengthsOf, numbersIn, textsOf } from "./scalar-values.ts";
import { instants, mapOf, numbers, ordinaryWords, type Words } from "./words.ts";

/** How deeply objects, and schemas in `z.lazy`, are nested: a recursive schema is cut off there. */
const maxDepth = 7;

/**
 * Values that the types of the schema accept, with an occasional null for an optional part. Rules
 * beyond the types (refinements, transforms, most checks) may refuse some of them. `at` says where
 * the schema is, for the error.
 *
 * @throws GlassineError `options_invalid` for a schema for which no values can be generated
 */
export function valuesOf(
  schema: z.core.$ZodType,
  at = "the schema",
  words: Words = ordinaryWords,
): fc.Arbitrary<unknown> {
  return (
    valuesIn(schema, { words, at, depth: maxDepth, lazyDepth: maxDepth, inList: false }) ??
    noValues("a schema that contains nothing but itself", at)
  );
}

interface Place {
  readonly words: Words;
  /** Where the schema is: a slot or hook, and the fields below. */
  readonly at: string;
  /** How many more levels of objects are allowed. */
  readonly depth: number;
  /** How many more schemas in `z.lazy`, which may nest without an object: `z.json()`. */
  readonly lazyDepth: number;
  /** Whether it is in a list, at any depth. */
  readonly inList: boolean;
}

interface Def {
  readonly type: string;
  readonly shape: Readonly<Record<string, z.core.$ZodType>>;
  readonly catchall?: z.core.$ZodType;
  readonly keyType: z.core.$ZodType;
  readonly valueType: z.core.$ZodType;
  readonly partial?: boolean;
  readonly element: z.core.$ZodType;
  readonly items: readonly z.core.$ZodType[];
  readonly innerType: z.core.$ZodType;
  readonly in: z.core.$ZodType;
  readonly out: z.core.$ZodType;
  readonly options: readonly z.core.$ZodType[];
  readonly getter: () => z.core.$ZodType;
}

type Values = fc.Arbitrary<unknown> | undefined;

/** Returns `undefined` if all values would be too deep. */
function valuesIn(schema: z.core.$ZodType, place: Place): Values {
  const { words } = place;
  const kind = kindOf(schema);
  if (kind !== undefined) return valuesOfKind(kind.shape, kind.jsonSchema, place);
  // zod has a type for each class of definition; this one has the fields of all of them.
  const def = schema._zod.def as Def;
  switch (def.type) {
    case "object":
      return place.depth === 0
        ? undefined
        : valuesOfObject(def, { ...place, depth: place.depth - 1 });
    case "record":
      return valuesOfRecord(def, place);
    case "array":
      return valuesOfArray(schema, def, place);
    case "tuple":
      return whole(def.items, place, (items) => fc.tuple(...items));
    case "string":
      return textsOf(schema, words, place.at);
    case "number":
      return numbersIn(schema, place.at);
    case "boolean":
      return fc.boolean();
    case "null":
      return fc.constant(null);
    case "any":
    case "unknown":
      return words.json;
    case "enum":
    case "literal":
      return fc.constantFrom(...(schema._zod.values ?? []));
    case "union": {
      const all = def.options.flatMap((option) => valuesIn(option, place) ?? []);
      return all.length === 0 ? undefined : fc.oneof(...all);
    }
    case "nullable":
      return fc.option(valuesIn(def.innerType, place) ?? fc.constant(null), { freq: 12 });
    case "optional":
    case "default":
    case "prefault":
    case "nonoptional":
    case "catch":
    case "readonly":
      return valuesIn(def.innerType, place);
    case "lazy":
      return place.lazyDepth === 0
        ? undefined
        : valuesIn(def.getter(), { ...place, lazyDepth: place.lazyDepth - 1 });
    case "pipe":
      return valuesIn(def.in._zod.def.type === "transform" ? def.out : def.in, place);
    default:
      return noValues(`a schema of type ${def.type}`, place.at);
  }
}

/** Records with all keys that their type lists, or with some if they are partial. */
function valuesOfRecord({ keyType, valueType, partial = false }: Def, place: Place): Values {
  const values = valuesIn(valueType, place);
  const listed = keyType._zod.values;
  if (values === undefined) return listed === undefined || partial ? fc.constant({}) : undefined;
  if (listed === undefined) return mapOf(keysOf(keyType, place), values);
  const fields = Object.fromEntries([...listed].map((key) => [String(key), values]));
  return partial ? fc.record(fields, { requiredKeys: [] }) : fc.record(fields);
}

function keysOf(schema: z.core.$ZodType, { words, at }: Place): fc.Arbitrary<string> {
  if (schema._zod.def.type !== "string") return words.keys;
  return textsOf(schema, { ...words, texts: words.keys }, at);
}

function whole(
  schemas: readonly z.core.$ZodType[],
  place: Place,
  join: (all: readonly fc.Arbitrary<unknown>[]) => fc.Arbitrary<unknown>,
): Values {
  const all = schemas.flatMap((schema) => valuesIn(schema, place) ?? []);
  return all.length === schemas.length ? join(all) : undefined;
}

function valuesOfArray(schema: z.core.$ZodType, def: Def, place: Place): Values {
  const [minimum, maximum] = lengthsOf(schema);
  const element = valuesIn(def.element, { ...place, inList: true });
  if (element === undefined) return minimum > 0 ? undefined : fc.constant([]);
  return listOf(element, minimum, maximum, !place.inList);
}

/** How many items more than its minimum a long list has at most: a chain takes no more hops. */
const manyItems = 16;

/** Lists, most of them short. Long ones in long ones would exceed the limits on size. */
function listOf(
  element: fc.Arbitrary<unknown>,
  minimum: number,
  maximum: number,
  mayBeLong: boolean,
): fc.Arbitrary<unknown> {
  const upTo = (more: number) =>
    fc.array(element, { minLength: minimum, maxLength: Math.min(maximum, minimum + more) });
  const short = upTo(3);
  if (!mayBeLong || maximum <= minimum + 3) return short;
  return fc.oneof({ weight: 4, arbitrary: short }, { weight: 1, arbitrary: upTo(manyItems) });
}

function valuesOfObject({ shape, catchall }: Def, place: Place): Values {
  const { words } = place;
  const fields: Record<string, fc.Arbitrary<unknown>> = {};
  const required: string[] = [];
  for (const [key, inner] of Object.entries(shape)) {
    const isRequired = inner._zod.optin === undefined;
    const given = valuesIn(inner, { ...place, at: `${place.at}.${key}` });
    if (given === undefined && isRequired) return undefined;
    if (given === undefined) continue;
    if (isRequired) required.push(key);
    const mayBeNull = inner._zod.def.type === "optional";
    fields[key] = mayBeNull ? fc.option(given, { nil: null, freq: 12 }) : given;
  }
  const known = fc.record(fields, { requiredKeys: required });
  if (catchall === undefined || catchall._zod.def.type === "never") return known;
  const others = words.keys.filter((key) => !Object.hasOwn(shape, key));
  const rest = valuesIn(catchall, place);
  if (rest === undefined) return known;
  return fc
    .tuple(mapOf(others, rest, 2), known)
    .map(([more, own]) => Object.fromEntries([...Object.entries(more), ...Object.entries(own)]));
}

function valuesOfKind(
  shape: string,
  rule: { readonly [keyword: string]: unknown },
  { words, inList }: Place,
): fc.Arbitrary<unknown> {
  if (shape === "set") {
    const item = "maxItems" in rule ? words.labels : words.texts;
    return listOf(item, 0, Number.POSITIVE_INFINITY, !inList);
  }
  if (shape === "headers") return words.headers;
  if (shape === "map") return mapOf(words.keys, words.json);
  if (rule.format === "date-time") return instants;
  if (rule.type === "integer")
    return fc.oneof(fc.nat(9), fc.constantFrom(-0, Number.MAX_SAFE_INTEGER));
  if (rule.type === "number") return numbers.map(Math.abs);
  // A string, or the bytes of one.
  if ("anyOf" in rule) {
    const bytes = words.texts.map((text) => [...new TextEncoder().encode(text)]);
    return fc.oneof(words.texts, bytes);
  }
  return words.json;
}

function noValues(of: string, at: string): never {
  throw optionsInvalid(
    `Cannot generate values for ${of} at ${at}. Pass them: { values: { NAME: fc.… } } for a slot, { payloads: { NAME: fc.… } } for a hook.`,
  );
}
