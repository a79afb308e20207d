/** Laws of the JSON Schemas that stock plugins take, against another implementation. */
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { expect, it } from "vitest";
import { objectSchema, schemaTest } from "../src/plugins/json-schema.ts";
import { expectSome } from "./support/runs.ts";

const ajv = new Ajv2020({ strict: false });

/** Not names such as `toString` or the empty one, with which Ajv has trouble. */
const names = fc.constantFrom("a", "b", "c");
const texts = fc.constantFrom("", "a", "ab", "👍", "👍b");
// Halves are exact, so that both agree on multiples.
const numbers = fc.integer({ min: -6, max: 6 }).map((each) => each / 2);
const values = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom(null, true, false),
    numbers,
    texts,
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(names, tie("value"), { maxKeys: 3, noNullPrototype: true }),
  ),
})).value;
const objects = fc.dictionary(names, values, { maxKeys: 4, noNullPrototype: true });

const count = fc.nat(3);
type Keywords = Record<string, fc.Arbitrary<unknown>>;

/** A record with a few of the keywords. */
const few = (keywords: Keywords) =>
  fc
    .subarray(Object.entries(keywords), { maxLength: 4 })
    .chain((entries) => fc.record(Object.fromEntries(entries)));

const schemas = fc.letrec<{ schema: unknown; ofObject: object }>((tie) => {
  const list = fc.array(tie("schema"), { minLength: 1, maxLength: 3 });
  const deciding: Keywords = {
    allOf: list,
    anyOf: list,
    const: values,
    enum: fc.array(values, { minLength: 1, maxLength: 4 }),
    oneOf: list,
  };
  const own: Record<string, Keywords> = {
    array: { items: tie("schema"), maxItems: count, minItems: count },
    boolean: {},
    null: {},
    number: {
      exclusiveMaximum: numbers,
      exclusiveMinimum: numbers,
      maximum: numbers,
      minimum: numbers,
      multipleOf: fc.constantFrom(0.5, 1, 1.5, 2),
    },
    object: {
      additionalProperties: tie("schema"),
      properties: fc.dictionary(names, tie("schema"), { maxKeys: 3, noNullPrototype: true }),
      required: fc.uniqueArray(names, { maxLength: 3 }),
    },
    string: { maxLength: count, minLength: count },
  };
  const typeNames = fc.constantFrom(...Object.keys(own), "integer");
  const typedAs = (types: readonly string[]) => {
    const keywords = types.map((type) => own[type === "integer" ? "number" : type]);
    const type = types.length === 1 ? types[0] : types;
    return few(Object.assign({ ...deciding }, ...keywords)).map((record) => ({ ...record, type }));
  };
  return {
    schema: fc.oneof(
      { maxDepth: 2 },
      fc.constantFrom(true, false, {}),
      fc.uniqueArray(typeNames, { minLength: 1, maxLength: 3 }).chain(typedAs),
      few(Object.assign({ ...deciding }, ...Object.values(own))).filter((record) =>
        Object.keys(record).some((key) => Object.hasOwn(deciding, key)),
      ),
    ),
    ofObject: typedAs(["object"]),
  };
});

it("allows exactly what another implementation allows", () => {
  const outcomes = { allowed: 0, refused: 0 };
  fc.assert(
    fc.property(
      schemas.ofObject,
      fc.array(objects, { minLength: 1, maxLength: 10 }),
      (schema, given) => {
        const accepts = schemaTest(objectSchema.parse(schema));
        const expected = ajv.compile(schema);
        for (const each of given) {
          expect(accepts(each)).toBe(expected(each));
          outcomes[accepts(each) ? "allowed" : "refused"] += 1;
        }
      },
    ),
  );
  expectSome(outcomes.allowed);
  expectSome(outcomes.refused);
});

it("refuses whatever is not a JSON Schema", () => {
  const keyword = fc.constantFrom(...Object.keys(ajv.RULES.all), "title", "description");
  fc.assert(
    fc.property(keyword, fc.oneof(values, schemas.schema), (name, value) => {
      const schema = { type: "object", properties: { a: { anyOf: [true], [name]: value } } };
      fc.pre(!ajv.validateSchema(schema));
      expect(objectSchema.safeParse(schema).success).toBe(false);
    }),
  );
});
