/**
 * Every place in MCP messages where a string can be, according to the schemas of the SDKs for
 * 2025-11-25 and 2026-07-28. Each place can make a document with a given string there.
 */
import * as modern from "@modelcontextprotocol/core";
import * as legacy from "@modelcontextprotocol/sdk/types.js";
import * as z from "zod";

export type Revision = "2025-11-25" | "2026-07-28";
export type MessagePart = "params" | "result" | "error";

export interface TextPlace {
  readonly revision: Revision;
  readonly method: string;
  readonly part: MessagePart;
  /** `content[](text).text`: parentheses hold the kind of a list item; `*` is any field name. */
  readonly path: string;
  /** Makes the params, result or error with the string there and all required fields. */
  make(text: string): unknown;
  /** For an answer: the params that its request needs. */
  readonly params: unknown;
}

interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: JsonSchema | boolean;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
  readonly format?: string;
}

interface Leaf {
  readonly path: string;
  make(text: string): unknown;
}

/** Some schemas nest without end, such as a tool's JSON Schema; deeper places only repeat. */
const deepest = 9;

function* leavesOf(schema: JsonSchema, depth = 0): Iterable<Leaf> {
  if (depth > deepest || schema.const !== undefined || schema.enum !== undefined) return;
  const options = schema.anyOf ?? schema.oneOf;
  if (options !== undefined) {
    for (const option of options) {
      const kind = kindOf(option);
      for (const leaf of leavesOf(option, depth)) {
        yield { ...leaf, path: kind === undefined ? leaf.path : `(${kind})${dotted(leaf.path)}` };
      }
    }
    return;
  }
  if (schema.allOf !== undefined) return yield* leavesOf(merged(schema.allOf), depth);
  const types = [schema.type ?? "any"].flat();
  if (types.includes("string")) yield { path: "", make: (text) => text };
  if (types.includes("array")) yield* listLeaves(schema, depth);
  if (types.includes("object")) yield* objectLeaves(schema, depth);
  if (types.includes("any")) yield { path: "", make: (text) => text };
}

function* listLeaves({ items = {} }: JsonSchema, depth: number): Iterable<Leaf> {
  for (const { path, make } of leavesOf(items, depth + 1)) {
    yield { path: `[]${dotted(path)}`, make: (text) => [make(text)] };
  }
}

function* objectLeaves(schema: JsonSchema, depth: number): Iterable<Leaf> {
  const { properties = {}, additionalProperties } = schema;
  const base = () => sampleOf(schema) as Record<string, unknown>;
  for (const [key, field] of Object.entries(properties)) {
    for (const { path, make } of leavesOf(field, depth + 1)) {
      yield { path: `${key}${dotted(path)}`, make: (text) => ({ ...base(), [key]: make(text) }) };
    }
  }
  const other = additionalProperties === true ? {} : additionalProperties;
  if (other === undefined || other === false) return;
  for (const { path, make } of leavesOf(other, depth + 1)) {
    yield { path: `*${dotted(path)}`, make: (text) => ({ ...base(), other: make(text) }) };
  }
  if (Object.keys(properties).length === 0) {
    yield { path: "* (the name)", make: (text) => ({ ...base(), [text]: sampleOf(other) }) };
  }
}

function dotted(path: string): string {
  return path === "" || path.startsWith("[") || path.startsWith("(") ? path : `.${path}`;
}

/** Returns the constant that distinguishes an option of a union from the others. */
function kindOf({ properties = {} }: JsonSchema): string | undefined {
  for (const key of ["type", "method", "mode"]) {
    const found = properties[key]?.const;
    if (typeof found === "string") return found;
  }
  return undefined;
}

function merged(schemas: readonly JsonSchema[]): JsonSchema {
  return {
    type: "object",
    properties: Object.assign({}, ...schemas.map(({ properties }) => properties)),
    required: schemas.flatMap(({ required = [] }) => required),
    additionalProperties: schemas.some(
      ({ additionalProperties }) => additionalProperties !== false,
    ),
  };
}

/** Returns a minimal value that fits a schema. */
function sampleOf(schema: JsonSchema): unknown {
  if (schema.const !== undefined) return schema.const;
  if (schema.enum !== undefined) return schema.enum[0];
  const [option] = schema.anyOf ?? schema.oneOf ?? [];
  if (option !== undefined) return sampleOf(option);
  if (schema.allOf !== undefined) return sampleOf(merged(schema.allOf));
  const [type] = [schema.type ?? "any"].flat();
  if (type === "object") {
    const { properties = {}, required = [] } = schema;
    return Object.fromEntries(required.map((key) => [key, sampleOf(properties[key] ?? {})]));
  }
  if (type === "array") return [];
  if (type === "number" || type === "integer") return 1;
  if (type === "boolean") return true;
  if (type === "null") return null;
  return schema.format === "date-time" ? "2026-01-01T00:00:00Z" : "";
}

function jsonSchemaOf(schema: z.core.$ZodType): JsonSchema {
  return z.toJSONSchema(schema, {
    io: "input",
    unrepresentable: "any",
    reused: "inline",
    cycles: "ref",
  }) as JsonSchema;
}

type Shape = { readonly shape: Readonly<Record<string, z.core.$ZodType>> };

interface Sdk {
  readonly revision: Revision;
  readonly asks: readonly z.core.$ZodType[];
  readonly notifies: readonly z.core.$ZodType[];
  /** Result schemas by method. */
  readonly results: Readonly<Record<string, z.core.$ZodType>>;
}

function optionsOf(...unions: readonly unknown[]): z.core.$ZodType[] {
  return unions.flatMap((union) => [...(union as { readonly options: z.core.$ZodType[] }).options]);
}

/** Input requests and responses of 2026-07-28, for which core exports no schemas. */
const inputRequest = z.union([
  modern.CreateMessageRequestSchema,
  modern.ElicitRequestSchema,
  modern.ListRootsRequestSchema,
] as never as [z.core.$ZodType, z.core.$ZodType]);
const inputResponse = z.union([
  modern.CreateMessageResultWithToolsSchema,
  modern.ElicitResultSchema,
  modern.ListRootsResultSchema,
] as never as [z.core.$ZodType, z.core.$ZodType]);
const asking = z.object({
  resultType: z.literal("input_required"),
  requestState: z.string().optional(),
  inputRequests: z.record(z.string(), inputRequest),
});
const answering = {
  requestState: z.string().optional(),
  inputResponses: z.record(z.string(), inputResponse).optional(),
};
const taking = ["tools/call", "prompts/get", "resources/read"];

const sdks: readonly Sdk[] = [
  {
    revision: "2025-11-25",
    asks: optionsOf(legacy.ClientRequestSchema, legacy.ServerRequestSchema),
    notifies: optionsOf(legacy.ClientNotificationSchema, legacy.ServerNotificationSchema),
    results: {
      initialize: legacy.InitializeResultSchema,
      "completion/complete": legacy.CompleteResultSchema,
      "prompts/get": legacy.GetPromptResultSchema,
      "prompts/list": legacy.ListPromptsResultSchema,
      "resources/list": legacy.ListResourcesResultSchema,
      "resources/templates/list": legacy.ListResourceTemplatesResultSchema,
      "resources/read": legacy.ReadResourceResultSchema,
      "tools/call": z.union([legacy.CallToolResultSchema, legacy.CreateTaskResultSchema]),
      "tools/list": legacy.ListToolsResultSchema,
      "tasks/get": legacy.GetTaskResultSchema,
      "tasks/result": legacy.CallToolResultSchema,
      "tasks/list": legacy.ListTasksResultSchema,
      "tasks/cancel": legacy.CancelTaskResultSchema,
      "sampling/createMessage": legacy.CreateMessageResultWithToolsSchema,
      "elicitation/create": legacy.ElicitResultSchema,
      "roots/list": legacy.ListRootsResultSchema,
    },
  },
  {
    revision: "2026-07-28",
    asks: optionsOf(modern.ClientRequestSchema, modern.ServerRequestSchema),
    notifies: optionsOf(modern.ClientNotificationSchema, modern.ServerNotificationSchema),
    results: {
      "server/discover": modern.DiscoverResultSchema,
      "subscriptions/listen": modern.SubscriptionsListenResultSchema,
      "completion/complete": modern.CompleteResultSchema,
      "prompts/get": z.union([modern.GetPromptResultSchema, asking]),
      "prompts/list": modern.ListPromptsResultSchema,
      "resources/list": modern.ListResourcesResultSchema,
      "resources/templates/list": modern.ListResourceTemplatesResultSchema,
      "resources/read": z.union([modern.ReadResourceResultSchema, asking]),
      "tools/call": z.union([modern.CallToolResultSchema, asking]),
      "tools/list": modern.ListToolsResultSchema,
      "sampling/createMessage": modern.CreateMessageResultWithToolsSchema,
      "elicitation/create": modern.ElicitResultSchema,
      "roots/list": modern.ListRootsResultSchema,
    },
  },
];

const error = z.object({ code: z.number(), message: z.string(), data: z.unknown().optional() });

/** Returns every place, in the order of the schemas. */
export function textPlaces(): readonly TextPlace[] {
  return sdks.flatMap(({ revision, asks, notifies, results }) => {
    const requests = new Map(asks.map((schema) => [methodOf(schema), paramsOf(schema)]));
    const notices = new Map(notifies.map((schema) => [methodOf(schema), paramsOf(schema)]));
    const places: TextPlace[] = [];
    const add = (method: string, part: MessagePart, schema: JsonSchema, params: unknown) => {
      const seen = new Set<string>();
      for (const { path, make } of leavesOf(schema)) {
        if (path === "" || seen.has(path)) continue;
        seen.add(path);
        places.push({ revision, method, part, path, make, params });
      }
    };
    for (const [method, schema] of requests) {
      const given =
        revision === "2026-07-28" && taking.includes(method)
          ? withFields(schema, jsonSchemaOf(z.object(answering)))
          : schema;
      const params = sampleOf(given);
      add(method, "params", given, params);
      const result = results[method];
      const known =
        result ?? (revision === "2025-11-25" ? legacy.EmptyResultSchema : modern.EmptyResultSchema);
      add(method, "result", jsonSchemaOf(known as z.core.$ZodType), params);
      add(method, "error", jsonSchemaOf(error), params);
    }
    for (const [method, schema] of notices) add(method, "params", schema, undefined);
    return places;
  });
}

function methodOf(schema: z.core.$ZodType): string {
  return (jsonSchemaOf((schema as unknown as Shape).shape.method as z.core.$ZodType).const ??
    "") as string;
}

function paramsOf(schema: z.core.$ZodType): JsonSchema {
  const { params } = (schema as unknown as Shape).shape;
  return params === undefined ? { type: "object" } : jsonSchemaOf(params);
}

function withFields(schema: JsonSchema, more: JsonSchema): JsonSchema {
  return { ...schema, properties: { ...schema.properties, ...more.properties } };
}
