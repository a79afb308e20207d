/** The JSON Schemas that the generator writes. */
import {
  headerMap,
  instant,
  jsonObject,
  jsonValue,
  labelSet,
  stringSet,
  wholeNumber,
} from "glassine/host";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { toJsonSchema } from "../../tools/scripts/json-schema.ts";

const { $schema } = toJsonSchema(z.string());

describe.each<[string, () => z.ZodType, object]>([
  ["jsonValue", jsonValue, {}],
  ["jsonObject", jsonObject, { type: "object" }],
  ["wholeNumber", wholeNumber, { type: "integer", minimum: 0, maximum: Number.MAX_SAFE_INTEGER }],
  ["stringSet", stringSet, { type: "array", items: { type: "string" }, uniqueItems: true }],
  [
    "labelSet",
    labelSet,
    {
      type: "array",
      items: { type: "string", minLength: 1, maxLength: 128 },
      uniqueItems: true,
      maxItems: 256,
    },
  ],
  ["headerMap", headerMap, { type: "object", additionalProperties: { type: "string" } }],
  ["instant", instant, { type: "string", format: "date-time" }],
])("the schema of %s", (_, make, schema) => {
  it("is its own, also if it is refined or described", () => {
    const type = make();
    const refined = type.refine(() => true);
    for (const each of [type, refined, refined.refine(() => true)]) {
      expect(toJsonSchema(each)).toEqual({ $schema, ...schema });
      expect(toJsonSchema(z.object({ f: each.describe("d") })).properties).toMatchObject({
        f: schema,
      });
    }
  });

  it("is a part of those derived from it", () => {
    expect(toJsonSchema(z.array(make()))).toEqual({ $schema, type: "array", items: schema });
  });
});

it("an optional part allows null, and its schema is empty if anything is allowed", () => {
  const schema = z.object({ any: jsonValue().optional(), text: z.string().optional() });
  expect(toJsonSchema(schema).properties).toEqual({
    any: {},
    text: { type: ["string", "null"] },
  });
});
