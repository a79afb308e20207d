/**
 * The kinds of content part that messages can show: which fields of each are read, and what they
 * hold. All else of a part is a setting, and a part of another kind is not shown.
 */
import * as z from "zod/mini";
import { isJsonObject, type JsonObject } from "../rewrite/index.ts";
import { byField } from "./by-field.ts";
import { fileData } from "./file-data.ts";
import { fieldOf, isFields, isList, jsonOf, pick } from "./host-values.ts";

/**
 * Where a part stands: in a prompt, in `ModelMessage[]`, in a result, or in the output of a tool.
 */
export type Format = "prompt" | "messages" | "result" | "output";

type Shape = Readonly<Record<string, z.ZodMiniType>>;

const text = { text: z.string() };
const bytes = { data: z.string(), mediaType: z.string() };
const file = { data: z.lazy(() => fileData), mediaType: z.string() };
const call = { toolCallId: z.string(), toolName: z.string() };

const prompt: Readonly<Record<string, Shape>> = {
  text,
  reasoning: text,
  file: { ...file, filename: z.optional(z.string()), originalUrl: z.optional(z.string()) },
  "tool-call": { ...call, input: z.unknown() },
  "tool-result": { ...call, output: z.lazy(() => outputSchema) },
};

const shapes: Readonly<Record<Format, Readonly<Record<string, Shape>>>> = {
  prompt,
  messages: {
    ...prompt,
    image: { image: z.union([z.string(), z.looseObject({})]), mediaType: z.optional(z.string()) },
  },
  result: {
    text,
    reasoning: text,
    file,
    source: {
      sourceType: z.string(),
      id: z.string(),
      url: z.optional(z.string()),
      mediaType: z.optional(z.string()),
      title: z.optional(z.string()),
      filename: z.optional(z.string()),
    },
    "tool-call": { ...call, input: z.string() },
    "tool-result": { ...call, result: z.unknown(), isError: z.optional(z.boolean()) },
  },
  output: {
    text,
    media: bytes,
    file: { ...file, filename: z.optional(z.string()) },
    "file-data": { ...bytes, filename: z.optional(z.string()) },
    "file-url": { url: z.string(), mediaType: z.optional(z.string()) },
    "image-data": bytes,
    "image-url": { url: z.string() },
  },
};

/** The fields of a part that are read; `undefined` for a kind that messages cannot show. */
export function fieldsOf(format: Format, type: unknown): readonly string[] | undefined {
  const kinds = shapes[format];
  const shape = typeof type === "string" && Object.hasOwn(kinds, type) ? kinds[type] : undefined;
  return shape && ["type", ...Object.keys(shape)];
}

/** Any part of a format. Those of no known kind need a type only. */
export function partSchema(format: Format): z.ZodMiniType {
  return schemas[format];
}

function schemaOf(format: Format): z.ZodMiniType {
  const kinds = new Map(
    Object.entries(shapes[format]).map(([type, shape]) => [type, z.looseObject(shape)]),
  );
  return byField("type", kinds);
}

const schemas: Readonly<Record<Format, z.ZodMiniType>> = {
  prompt: schemaOf("prompt"),
  messages: schemaOf("messages"),
  result: schemaOf("result"),
  output: schemaOf("output"),
};

const ofText = z.looseObject({ value: z.string() });
const ofJson = z.looseObject({});
const outputSchema = byField(
  "type",
  new Map<string, z.ZodMiniType>([
    ["text", ofText],
    ["error-text", ofText],
    ["json", ofJson],
    ["error-json", ofJson],
    ["execution-denied", z.looseObject({ reason: z.optional(z.string()) })],
    ["content", z.looseObject({ value: z.array(schemas.output) })],
  ]),
);

/** What is read of a part, as JSON. */
export function partJson(part: unknown, format: Format): unknown {
  if (!isFields(part)) return jsonOf(part);
  const json = pick(part, fieldsOf(format, fieldOf(part, "type")) ?? ["type"]);
  if (!Object.hasOwn(json, "output")) return json;
  return { ...json, output: outputJson(fieldOf(part, "output")) };
}

/** What is read of the output of a tool. */
function outputJson(output: unknown): unknown {
  if (!isFields(output)) return jsonOf(output);
  const items = itemsOf(output);
  if (items === undefined) return pick(output, ["type", "value", "reason"]);
  return { type: "content", value: items.map((item) => partJson(item, "output")) };
}

/** The items of an output that is a list of content. */
export function itemsOf(output: unknown): readonly unknown[] | undefined {
  const value = fieldOf(output, "value");
  return fieldOf(output, "type") === "content" && isList(value) ? value : undefined;
}

/** What was read of a part. */
export type PartJson = JsonObject & { readonly type: string };

function isPart(value: unknown): value is PartJson {
  return isJsonObject(value) && typeof value.type === "string";
}

/** A value that its schema says is a part. */
export function partIn(value: unknown): PartJson {
  return isPart(value) ? value : { type: "" };
}

/** A list that its schema says is one of parts. Anything else has none. */
export function partsIn(value: unknown): readonly PartJson[] {
  return Array.isArray(value) && value.every(isPart) ? value : [];
}
