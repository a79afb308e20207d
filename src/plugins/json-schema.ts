/** The JSON Schemas that stock plugins take: those whose keywords are all checked. */
import * as z from "zod";

type JsonSchema = Exclude<Parameters<typeof z.fromJSONSchema>[0], boolean>;

/** The keywords, and whether their values are schemas. Others would be ignored or take too long. */
const keywords: { readonly [keyword: string]: "one" | "list" | "map" | "value" } = {
  $schema: "value",
  additionalProperties: "one",
  allOf: "list",
  anyOf: "list",
  const: "value",
  description: "value",
  enum: "value",
  exclusiveMaximum: "value",
  exclusiveMinimum: "value",
  items: "one",
  maxItems: "value",
  maxLength: "value",
  maximum: "value",
  minItems: "value",
  minLength: "value",
  minimum: "value",
  multipleOf: "value",
  oneOf: "list",
  properties: "map",
  required: "value",
  title: "value",
  type: "value",
};

/** Without one of these, a schema that names other keywords would allow anything. */
const deciding = ["type", "const", "enum", "anyOf", "oneOf", "allOf"];

/**
 * Whether a JSON Schema is one of an object, with keywords that are all checked. `pattern` is not
 * among them: on input that a caller chose, a regular expression can take arbitrarily long.
 */
export function isObjectSchema(schema: JsonSchema): boolean {
  return schema.type === "object" && isChecked(schema) && compiles(schema);
}

/** Compiles such a schema, to test many values. */
export function schemaTest(schema: JsonSchema): (value: unknown) => boolean {
  const made = z.fromJSONSchema(schema);
  return (value) => made.safeParse(value).success;
}

function compiles(schema: JsonSchema): boolean {
  try {
    z.fromJSONSchema(schema);
    return true;
  } catch {
    return false;
  }
}

function isChecked(schema: unknown): boolean {
  if (typeof schema === "boolean") return true;
  if (!isRecord(schema)) return false;
  const names = Object.keys(schema);
  if (names.length > 0 && !deciding.some((name) => Object.hasOwn(schema, name))) return false;
  return names.every((name) => {
    const kind = Object.hasOwn(keywords, name) ? keywords[name] : undefined;
    const value = schema[name];
    if (kind === "one") return isChecked(value);
    if (kind === "list") return Array.isArray(value) && value.every(isChecked);
    if (kind === "map") return isRecord(value) && Object.values(value).every(isChecked);
    return kind === "value";
  });
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
