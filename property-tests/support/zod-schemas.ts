/** Schemas that a host could write: zod's types, wrappers and checks, nested. */
import fc from "fast-check";
import {
  headerMap,
  instant,
  jsonObject,
  jsonValue,
  labelSet,
  stringSet,
  wholeNumber,
} from "glassine/host";
import { expect } from "vitest";
import * as z from "zod";
import { compileSchema } from "../../src/core/schema/index.ts";
import { amount } from "../../test/support/kinds.ts";

/** A schema, and values, most of which it accepts. */
export interface Sample {
  readonly schema: z.ZodType;
  readonly values: fc.Arbitrary<unknown>;
  /** Its source, for counterexamples. */
  readonly code: string;
}

const words = fc.constantFrom("", "a", "b", "ab", "abc", " a ");
const numbers = fc.constantFrom(-1, 0, 0.5, 1, 2, 5);
const times = fc.constantFrom("2026-01-01T01:00:00+01:00", "2026-01-01T00:00:00Z", "soon");
const sets = fc.array(fc.constantFrom("a", "b", "ab", " a ", ""), { maxLength: 3 });
const maps = fc.dictionary(fc.constantFrom("a", "bb"), fc.oneof(words, numbers));
const ordinary = maps.map((map) => ({ ...map }));

const plain: readonly Sample[] = [
  { code: "string()", schema: z.string(), values: words },
  { code: "string().min(1).max(2)", schema: z.string().min(1).max(2), values: words },
  { code: "email()", schema: z.email(), values: fc.constantFrom("a@example.org", "a") },
  { code: "number()", schema: z.number(), values: numbers },
  { code: "number().int().min(1)", schema: z.number().int().min(1), values: numbers },
  { code: "int()", schema: z.int(), values: numbers },
  { code: "wholeNumber()", schema: wholeNumber(), values: numbers },
  { code: "wholeNumber().max(1)", schema: wholeNumber().max(1), values: numbers },
  { code: "amount()", schema: amount(), values: numbers },
  { code: "instant()", schema: instant(), values: times },
  { code: "labelSet()", schema: labelSet(), values: sets },
  { code: "labelSet().max(1)", schema: labelSet().max(1), values: sets },
  { code: "stringSet()", schema: stringSet(), values: sets },
  { code: "headerMap()", schema: headerMap(), values: ordinary },
  { code: "jsonObject()", schema: jsonObject(), values: fc.oneof(ordinary, words, sets) },
  { code: "jsonValue()", schema: jsonValue(), values: fc.oneof(ordinary, words, sets) },
  { code: "boolean()", schema: z.boolean(), values: fc.boolean() },
  { code: "enum(a, b)", schema: z.enum(["a", "b"]), values: words },
  {
    code: "literal(1, a, true)",
    schema: z.literal([1, "a", true]),
    values: fc.oneof(words, numbers, fc.boolean()),
  },
];

/** The output of these need not be valid input. */
const changing: readonly Sample[] = [
  { code: "string().regex(/^a/).trim()", schema: z.string().regex(/^a/).trim(), values: words },
  { code: "string().length", schema: z.string().transform((text) => text.length), values: words },
];

/** A number that identifies a value, whatever the order of its keys. Null counts as absent. */
function fingerprint(value: unknown): number {
  if (value === null || value === undefined) return 0;
  if (typeof value !== "object") return textPrint(`${typeof value} ${value}`);
  if (Array.isArray(value)) {
    return value.reduce<number>((sum, item) => (sum * 7 + fingerprint(item) + 1) % 1009, 5);
  }
  return Object.entries(value).reduce(
    (sum, [key, item]) => (item == null ? sum : sum + textPrint(key) * (1 + fingerprint(item))),
    3,
  );
}

function textPrint(text: string): number {
  return [...text].reduce((sum, unit) => (sum * 31 + unit.charCodeAt(0)) % 1009, 7);
}

type Step = (sample: Sample) => Sample;

const step =
  (code: string, make: (schema: z.ZodType) => z.ZodType): Step =>
  (sample) => ({ ...sample, schema: make(sample.schema), code: `${sample.code}.${code}` });

/** Refuses about every third value, but never null, which may arrive as absent. */
const hits = (value: unknown, rest: number) => value != null && fingerprint(value) % 3 === rest;

const checks: fc.Arbitrary<Step> = fc.nat(2).chain((rest) => {
  const passes = (value: unknown) => !hits(value, rest);
  const unreached = (value: unknown) => {
    if (hits(value, rest)) throw new Error("Not reached.");
    return true;
  };
  return fc.constantFrom(
    step(`refine(${rest})`, (schema) => schema.refine(passes)),
    step(`superRefine(${rest})`, (schema) =>
      schema.superRefine((value, at) => {
        if (!passes(value)) at.addIssue({ code: "custom", message: "no", path: ["deep"] });
      }),
    ),
    step(`check(${rest})`, (schema) =>
      schema.check(({ value, issues }) => {
        if (!passes(value)) issues.push({ code: "custom", input: value, message: "no" });
      }),
    ),
    step(`refine(${rest}, abort).refine()`, (schema) =>
      schema.refine(passes, { abort: true }).refine(unreached),
    ),
    step(`refine(${rest}, when)`, (schema) => schema.refine(passes, { when: () => rest !== 1 })),
  );
});

/** Wrappers for any value. */
const wrappers: readonly Step[] = [
  step("readonly()", (schema) => schema.readonly()),
  step("lazy()", (schema) => z.lazy(() => schema)),
  step("describe()", (schema) => schema.describe("A description.")),
  step("preprocess()", (schema) => z.preprocess((value) => value, schema)),
  (sample: Sample) => ({
    ...step("nullable()", (schema) => schema.nullable())(sample),
    values: fc.option(sample.values, { freq: 4 }),
  }),
];
const changingWrapper = step("transform(made)", (schema) =>
  schema.transform((value) => ({ made: value ?? 0 })),
);

/** Wrappers for a field that may be absent. */
const absences: readonly Step[] = [
  step("optional()", (schema) => schema.optional()),
  step("nullish()", (schema) => schema.nullish()),
  step("optional().readonly()", (schema) => schema.optional().readonly()),
  step("prefault(ab)", (schema) => schema.prefault("ab" as never)),
  step("optional().nonoptional()", (schema) => schema.optional().nonoptional()),
];
/** Wrappers whose replacement value need not be of the type. */
const changingAbsences: readonly Step[] = [
  step("default(text)", (schema) => schema.default("fallen back" as never)),
  step("optional().default(1)", (schema) => schema.optional().default(1 as never)),
  step("default(2).optional()", (schema) => schema.default(2 as never).optional()),
  step("catch(7)", (schema) => schema.catch(7 as never)),
  step("optional().transform()", (schema) =>
    schema.optional().transform((value) => value ?? "none"),
  ),
];

const apply = (sample: Sample, steps: readonly Step[]) =>
  steps.reduce((made, next) => next(made), sample);

/** In fields that may be absent, this library treats null as absent; zod does not. */
const withoutNull = (value: object, schemas: Readonly<Record<string, z.ZodType>>) =>
  Object.fromEntries(
    Object.entries(value).filter(
      ([key, item]) => item != null || (item === null && isRequired(schemas[key])),
    ),
  );
const isRequired = (schema?: z.ZodType) => schema?.safeParse(undefined).success === false;

const objectOf = {
  object: z.object,
  strictObject: z.strictObject,
  looseObject: z.looseObject,
};

type Form = keyof typeof objectOf;

function objects(
  fields: fc.Arbitrary<Sample>,
  forms: readonly Form[] = ["object", "strictObject", "looseObject"],
): fc.Arbitrary<Sample> {
  const names = fc.uniqueArray(fc.constantFrom("a", "b", "c"), { minLength: 1 });
  return fc
    .tuple(names, fc.array(fields, { minLength: 3, maxLength: 3 }), fc.constantFrom(...forms))
    .map(([keys, samples, form]) => {
      const parts = keys.map((key, at) => [key, samples[at] as Sample] as const);
      const shape = Object.fromEntries(parts.map(([key, { schema }]) => [key, schema]));
      return {
        code: `${form}({ ${parts.map(([key, { code }]) => `${key}: ${code}`).join(", ")} })`,
        schema: objectOf[form](shape),
        values: fc
          .tuple(
            fc.record(Object.fromEntries(parts.map(([key, { values }]) => [key, values]))),
            fc.array(fc.constantFrom<string>(...keys), { maxLength: 2 }),
            fc.option(fc.constantFrom("a", "x"), { freq: 6 }),
          )
          .map(([value, gone, more]) => {
            const rest = Object.entries(value).filter(([key]) => !gone.includes(key));
            const given = { ...Object.fromEntries(rest), ...(more && { [more]: "ab" }) };
            return withoutNull(given, shape);
          }),
      };
    });
}

function tagged(inner: Sample): Sample {
  const field = { v: inner.schema.optional() };
  const schema = z.discriminatedUnion("k", [
    z.object({ k: z.literal("x"), ...field }),
    z.object({ k: z.enum(["y", "z"]) }).readonly(),
    z.strictObject({ k: z.literal([1, false]), ...field }).refine(({ v }) => !hits(v, 2)),
    z.discriminatedUnion("k", [
      z.object({ k: z.literal(2) }),
      z.object({ k: z.literal("2"), ...field }),
    ]),
  ]);
  const tags = fc.constantFrom("x", "y", "z", 1, 2, "1", "2", false, "constructor");
  const values = fc
    .record({ k: tags, v: inner.values }, { requiredKeys: [] })
    .map((value) => withoutNull(value, field));
  return { schema, values, code: `tagged(${inner.code})` };
}

type Schemas = {
  any: Sample;
  field: Sample;
  container: Sample;
};

/** Applying a `stable` schema to its own output changes nothing. */
function schemasOf(stable: boolean) {
  const types: fc.Arbitrary<Sample> = fc.constantFrom(...plain, ...(stable ? [] : changing));
  const around: fc.Arbitrary<Step> = fc.constantFrom(
    ...wrappers,
    ...(stable ? [] : [changingWrapper]),
  );
  const absent: fc.Arbitrary<Step> = fc.constantFrom(
    ...absences,
    ...(stable ? [] : changingAbsences),
  );
  return fc.letrec<Schemas>((tie) => ({
    container: fc.oneof(
      { maxDepth: 2, depthIdentifier: "schema" },
      types,
      objects(tie("field")),
      objects(tie("field")),
      tie("any").map(({ schema, values, code }) => ({
        code: `array(${code})`,
        schema: z.array(schema),
        values: fc.array(values, { maxLength: 3 }),
      })),
      tie("any").map(({ schema, values, code }) => ({
        code: `array(${code}).min(1).max(2)`,
        schema: z.array(schema).min(1).max(2),
        values: fc.array(values, { maxLength: 3 }),
      })),
      tie("any").map(({ schema, values, code }) => ({
        code: `record(${code})`,
        schema: z.record(z.string(), schema),
        values: fc.dictionary(fc.constantFrom("a", "b"), values).map((map) => ({ ...map })),
      })),
      tie("any").map(({ schema, values, code }) => ({
        code: `record(string().max(1), ${code})`,
        schema: z.record(z.string().max(1), schema),
        values: fc.dictionary(fc.constantFrom("a", "bb"), values).map((map) => ({ ...map })),
      })),
      fc.tuple(tie("any"), tie("any")).map(([a, b]) => ({
        code: `union(${a.code}, ${b.code})`,
        schema: z.union([a.schema, b.schema]),
        values: fc.oneof(a.values, b.values),
      })),
      tie("any").map(tagged),
    ),
    any: fc
      .tuple(tie("container"), fc.array(fc.oneof(around, checks), { maxLength: 3 }))
      .map(([sample, steps]) => apply(sample, steps)),
    field: fc
      .tuple(
        tie("container"),
        fc.array(fc.oneof(around, checks), { maxLength: 2 }),
        fc.array(absent, { maxLength: 1 }),
        fc.array(fc.oneof(checks, absent), { maxLength: 2 }),
      )
      .map(([sample, ...steps]) => apply(sample, steps.flat())),
  }));
}

/** Any schema, for a value that is present. */
export const zodSchemas: fc.Arbitrary<Sample> = schemasOf(false).any;

/** Schemas of a payload or a slot, with checks of their own, that change nothing. */
export const stableLevels: fc.Arbitrary<Sample> = fc
  .tuple(
    objects(schemasOf(true).field, ["object", "strictObject"]),
    fc.array(checks, { maxLength: 1 }),
  )
  .map(([sample, steps]) => apply(sample, steps));

/** Whether a slot can have the schema: its headers are in fields of objects. */
export function fitsSlot(schema: z.ZodType): boolean {
  try {
    compileSchema(schema, { closed: false, shownWhole: false });
    return true;
  } catch (error) {
    expect(error).toMatchObject({
      code: "slot_invalid",
      message: expect.stringMatching(/^Headers in a slot/),
    });
    return false;
  }
}
