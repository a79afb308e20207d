/** JSON Schemas (draft 2020-12) of what slot tables accept. Null stands for absent. */
import * as z from "zod/mini";
import { kindOf } from "../../src/core/schema/index.ts";
import { type Schema, type SlotTable, zodOf } from "../../src/core/slots/index.ts";

type JsonSchema = Record<string, unknown>;

export function toJsonSchema(schema: Schema): JsonSchema {
  return z.toJSONSchema(zodOf(schema), {
    io: "input",
    unrepresentable: "any",
    reused: "inline",
    override: ({ zodSchema, jsonSchema }) => {
      const json = jsonSchema as JsonSchema;
      const kind = kindOf(zodSchema);
      if (kind !== undefined) {
        for (const key of Object.keys(json)) delete json[key];
        Object.assign(json, kind.jsonSchema);
      }
      const def = zodSchema._zod.def as { type: string };
      if (def.type === "optional") allowNull(json);
    },
  }) as JsonSchema;
}

/** Absent and null mean the same, so an optional field also accepts null. */
function allowNull(json: JsonSchema): void {
  if (Object.keys(json).length === 0) return;
  const inner = { ...json };
  for (const key of Object.keys(json)) delete json[key];
  json.anyOf = [inner, { type: "null" }];
}

/** Returns the schema of a whole extensions document. Allows unknown slots and fields. */
export function extensionsJsonSchema(table: SlotTable): JsonSchema {
  const properties: Record<string, JsonSchema> = {};
  for (const [slot, spec] of Object.entries(table)) {
    const { $schema: _, ...schema } = toJsonSchema(spec.schema);
    properties[slot] = { description: spec.description, anyOf: [schema, { type: "null" }] };
  }
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Extensions",
    description: "The slots that travel beside a payload. Absent and null mean the same.",
    type: "object",
    properties,
  };
}
