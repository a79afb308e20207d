/** The JSON Schemas that the generator writes. */
import { jsonValue } from "glassine/host";
import { expect, it } from "vitest";
import * as z from "zod";
import { toJsonSchema } from "../../tools/scripts/json-schema.ts";

it("an optional part allows null, and its schema is empty if anything is allowed", () => {
  const schema = z.object({ any: jsonValue().optional(), text: z.string().optional() });
  expect(toJsonSchema(schema).properties).toEqual({
    any: {},
    text: { type: ["string", "null"] },
  });
});
