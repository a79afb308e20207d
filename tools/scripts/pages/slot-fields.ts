/** Turns the JSON Schema of a slot or payload into one row per field. */

export interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly anyOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: JsonSchema;
  readonly items?: JsonSchema;
  readonly oneOf?: readonly JsonSchema[];
  readonly $ref?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly format?: string;
  readonly uniqueItems?: boolean;
  readonly minLength?: number;
  readonly maxItems?: number;
}

export interface FieldRow {
  /** Names from the slot downwards; `*` stands for any key and `[]` for each element. */
  readonly path: readonly string[];
  readonly type: string;
  readonly default: string;
}

/** Returns a row for every field, followed by the rows of the fields inside it. */
export function fieldRows(schema: JsonSchema, above: readonly string[] = []): readonly FieldRow[] {
  const { properties = {}, required = [] } = present(schema);
  return Object.entries(properties).flatMap(([key, field]) => {
    const path = [...above, key];
    const row: FieldRow = {
      path,
      type: typeOf(present(field)),
      default: defaultOf(field, required.includes(key)),
    };
    const { schema: inner, step } = insideOf(present(field));
    return [row, ...(inner === undefined ? [] : fieldRows(inner, [...path, ...step]))];
  });
}

/** Returns the schema of a present value: without null, which stands for absent. */
function present(schema: JsonSchema): JsonSchema {
  const { type } = schema;
  if (Array.isArray(type)) return { ...schema, type: type.find((each) => each !== "null") };
  return schema.anyOf?.find((option) => option.type !== "null") ?? schema;
}

function insideOf(schema: JsonSchema): { schema?: JsonSchema; step: readonly string[] } {
  if (schema.properties !== undefined) return { schema, step: [] };
  const { items, additionalProperties: values } = schema;
  if (items?.properties !== undefined) return { schema: items, step: ["[]"] };
  if (values?.properties !== undefined) return { schema: values, step: ["*"] };
  return { step: [] };
}

function defaultOf(schema: JsonSchema, isRequired: boolean): string {
  if (isRequired) return "required";
  if (schema.default === undefined) return "absent";
  // A default for an instant is always the time of reading.
  return schema.format === "date-time" ? "now" : `\`${JSON.stringify(schema.default)}\``;
}

function typeOf(schema: JsonSchema): string {
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${value}\``).join(", ");
  if (schema.format === "date-time") return "instant";
  // A message holds parts of several kinds, and a part can hold messages.
  if (schema.$ref === "#") return "message";
  if (schema.oneOf !== undefined) return "part";
  if (schema.anyOf !== undefined) return schema.anyOf.map(typeOf).join(" or ");
  switch (schema.type) {
    case "string":
      return "string";
    case "integer":
      return "whole number";
    case "array":
      return listType(schema);
    case "object":
      return objectType(schema);
    case undefined:
      return "JSON";
    default:
      return String(schema.type);
  }
}

function listType({ items = {}, uniqueItems, maxItems }: JsonSchema): string {
  const most = maxItems === undefined ? "" : `, at most ${maxItems}`;
  if (uniqueItems !== true) return `list of ${several(typeOf(items))}${most}`;
  return items.minLength === undefined ? "set of strings" : `set of labels${most}`;
}

function objectType({ properties, additionalProperties }: JsonSchema): string {
  if (properties !== undefined) return "object";
  if (additionalProperties === undefined) return "JSON object";
  return `map of ${several(typeOf(additionalProperties))}`;
}

function several(type: string): string {
  return type === "JSON" ? "JSON values" : `${type}s`;
}
