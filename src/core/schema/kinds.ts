/**
 * Kinds: schemas whose values need more than a type. Each is declared once, with its zod schema
 * (for types), its reader (what is accepted and in which form it is stored), and its JSON Schema.
 */
import * as z from "zod/mini";
import {
  attempt,
  BAD,
  extensionsLimits,
  instantOf,
  type Json,
  type Limits,
  type Reader,
  readAlone,
} from "../data/index.ts";
import { dateNow, none } from "../data/intrinsics.ts";
import { type Checkable, checksOf, type ZodCheck } from "./checks.ts";
import type { Shape } from "./compiled.ts";
import {
  readAmount,
  readHeaders,
  readInstant,
  readJson,
  readJsonObject,
  readLabelSet,
  readStringSet,
  readUtf8Text,
  readWholeNumber,
} from "./readers.ts";

export interface FieldType {
  readonly shape: Shape;
  readonly read: Reader;
  readonly jsonSchema: { readonly [keyword: string]: unknown };
}

// By definition, not by schema: `describe` and `meta` make a new schema with the same definition.
const kinds = new WeakMap<object, FieldType>();

/** Returns the kind of a schema, or of the schema that it refines. */
export function kindOf(schema: z.core.$ZodType): FieldType | undefined {
  const { def, parent } = schema._zod;
  const kind = kinds.get(def);
  return kind === undefined && parent !== undefined ? kindOf(parent as z.core.$ZodType) : kind;
}

// The checks that the reader of a kind already covers.
const kindChecks = new WeakSet<object>();

/** Returns the checks of a schema, without those of its kind. */
export function checksBesideKind(schema: z.core.$ZodType): readonly ZodCheck[] {
  return checksOf(schema).filter((check) => !kindChecks.has(check));
}

function declare<S extends z.core.$ZodType>(schema: S, kind: FieldType): S {
  kinds.set(schema._zod.def, kind);
  for (const check of checksOf(schema)) kindChecks.add(check);
  return schema;
}

/**
 * Like `declare`, for a kind that accepts less than its schema, or stores values in its own form.
 * It adds a zod check, for where zod reads the kind by itself: in a union, or after a transform.
 */
function declareRuled<S extends Checkable>(schema: S, kind: FieldType): S {
  const holdsToKind = (payload: z.core.ParsePayload<unknown>) => {
    const { value } = payload;
    const stored = readAlone(kind.read, value, anySize);
    if (stored !== BAD) payload.value = stored;
    else payload.issues.push({ code: "custom", input: value, message: "Not of its kind." });
  };
  return declare(schema.check(holdsToKind as never) as S, kind);
}

/** Gives a schema, such as one of classic zod, the kind of another. */
export function withKindOf<S extends Checkable>(schema: S, other: z.core.$ZodType): S {
  return declareRuled(schema, kindOf(other) as FieldType);
}

/** Sizes are counted when the whole value is read. */
const anySize: Limits = Object.freeze({
  ...extensionsLimits,
  nodes: Number.POSITIVE_INFINITY,
  units: Number.POSITIVE_INFINITY,
  depth: 1_000,
});

/** Any JSON value. Nulls inside are data. */
export function jsonValue(): z.ZodMiniType<Json, Json> {
  return declareRuled(z.custom<Json>(), {
    shape: "scalar",
    read: readJson,
    jsonSchema: {},
  });
}

/** Any JSON object. Nulls inside are data. */
export function jsonObject(): z.ZodMiniType<
  { readonly [key: string]: Json },
  { readonly [key: string]: Json }
> {
  return declareRuled(z.custom<{ readonly [key: string]: Json }>(), {
    shape: "map",
    read: readJsonObject,
    jsonSchema: { type: "object" },
  });
}

/**
 * A string that may also come as an array of bytes. It is stored as a string: the bytes decoded as
 * UTF-8, or encoded as base64 if they are not valid UTF-8.
 */
export function utf8Text(): z.ZodMiniType<string, string | readonly number[]> {
  return declareRuled(z.custom<string>() as z.ZodMiniType<string, string | readonly number[]>, {
    shape: "scalar",
    read: readUtf8Text,
    jsonSchema: {
      anyOf: [
        { type: "string" },
        { type: "array", items: { type: "integer", minimum: 0, maximum: 255 } },
      ],
    },
  });
}

/** A whole number, not negative. */
export function wholeNumber(): z.ZodMiniNumber<number> {
  return declare(z.int().check(z.nonnegative()), {
    shape: "scalar",
    read: readWholeNumber,
    jsonSchema: { type: "integer", minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
  });
}

/** A finite number, not negative. */
export function amount(): z.ZodMiniNumber<number> {
  return declare(z.number().check(z.nonnegative()), {
    shape: "scalar",
    read: readAmount,
    jsonSchema: { type: "number", minimum: 0 },
  });
}

const listLimits = new WeakMap<object, keyof Limits>();

/** Makes a list subject to one of the limits that an operator can set. */
export function limited<S extends z.core.$ZodType>(schema: S, limit: keyof Limits): S {
  listLimits.set(schema._zod.def, limit);
  return schema;
}

export function listLimitOf(schema: z.core.$ZodType): keyof Limits | undefined {
  return listLimits.get(schema._zod.def);
}

/** A set of strings: an array, sorted by code point, without duplicates. */
export function stringSet(): z.ZodMiniArray<z.ZodMiniString<string>> {
  return declareRuled(z.array(z.string()), {
    shape: "set",
    read: readStringSet,
    jsonSchema: { type: "array", items: { type: "string" }, uniqueItems: true },
  });
}

/** A set of security labels. */
export function labelSet(): z.ZodMiniArray<z.ZodMiniString<string>> {
  return declareRuled(z.array(z.string()), {
    shape: "set",
    read: readLabelSet,
    jsonSchema: {
      type: "array",
      items: { type: "string", minLength: 1, maxLength: 128 },
      uniqueItems: true,
      maxItems: 256,
    },
  });
}

/** Header names and values, as spelled. Their grammar is checked when a plugin writes one. */
export function headerMap(): z.ZodMiniRecord<z.ZodMiniString<string>, z.ZodMiniString<string>> {
  return declareRuled(z.record(z.string(), z.string()), {
    shape: "headers",
    read: readHeaders,
    jsonSchema: { type: "object", additionalProperties: { type: "string" } },
  });
}

/** Where the definition of a zod schema has other schemas, or a list or record of them. */
const partNames =
  "element innerType keyType valueType left right in out items rest options shape catchall";

/** Lazy schemas that are different each time have no end. */
const maxLazy = 1000;

type Part = z.core.$ZodType;

/** Whether a schema, or one that it is made of, is of header maps. */
export function holdsHeaders(schema: Part): boolean {
  // Grows while it is iterated.
  const parts = new Set([schema]);
  let lazy = 0;
  for (const part of parts) {
    if (kindOf(part)?.shape === "headers") return true;
    if (part._zod.def.type === "lazy" && ++lazy > maxLazy) continue;
    // A getter may refer to a schema that is not defined yet.
    for (const each of attempt(() => partsOf(part)) ?? none) parts.add(each);
  }
  return false;
}

function partsOf(schema: Part): readonly Part[] {
  // zod has a type for each class of definition; here all are read alike.
  const def = schema._zod.def as unknown as { getter?: () => Part; [name: string]: unknown };
  const found = partNames.split(" ").flatMap((name): (Part | undefined)[] => {
    const part = def[name] as Part | Readonly<Record<string, Part>> | undefined | null;
    return part && "_zod" in part ? [part as Part] : Object.values(part ?? {});
  });
  return [...found, def.getter?.()].filter((part) => part !== undefined);
}

/** A point in time, kept in its one canonical form. */
export function instant(): z.ZodMiniString<string> {
  return declareRuled(z.string(), {
    shape: "scalar",
    read: readInstant,
    jsonSchema: { type: "string", format: "date-time" },
  });
}

/** Returns the current time in canonical form. For the `default` of an `instant` field. */
export function nowInstant(): string {
  return instantOf(dateNow()) as string;
}
