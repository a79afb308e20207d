/** What merge, filter and the JSON Schemas use: the shape of each field type, and its description. */

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
import { kindOf } from "../../../src/core/schema/index.ts";
import { amount, utf8Text } from "../../support/kinds.ts";

const rows = [
  ["jsonValue", jsonValue, "scalar", {}],
  ["jsonObject", jsonObject, "map", { type: "object" }],
  ["wholeNumber", wholeNumber, "scalar", { type: "integer", minimum: 0 }],
  ["amount", amount, "scalar", { type: "number", minimum: 0 }],
  ["stringSet", stringSet, "set", { type: "array", items: { type: "string" }, uniqueItems: true }],
  [
    "labelSet",
    labelSet,
    "set",
    {
      type: "array",
      items: { type: "string", minLength: 1, maxLength: 128 },
      uniqueItems: true,
      maxItems: 256,
    },
  ],
  [
    "utf8Text",
    utf8Text,
    "scalar",
    {
      anyOf: [
        { type: "string" },
        { type: "array", items: { type: "integer", minimum: 0, maximum: 255 } },
      ],
    },
  ],
  ["headerMap", headerMap, "headers", { type: "object", additionalProperties: { type: "string" } }],
  ["instant", instant, "scalar", { type: "string", format: "date-time" }],
] as const;

describe.each(rows)("%s", (_, make, shape, jsonSchema) => {
  it("has its shape, and keeps it if it is refined or described", () => {
    const schema: z.ZodType = make();
    const refined = schema.refine(() => true).describe("d");
    for (const kind of [kindOf(schema), kindOf(refined), kindOf(refined.refine(() => true))]) {
      expect(kind).toMatchObject({ shape, jsonSchema });
    }
  });
});

it("a schema derived from a field type is not one", () => {
  expect(kindOf(z.string())).toBeUndefined();
  expect(kindOf(stringSet().optional())).toBeUndefined();
  expect(kindOf(z.array(stringSet()))).toBeUndefined();
  expect(kindOf(instant().transform((text) => text.length))).toBeUndefined();
});
