/** The parts of the SDK's documents that reading them relies on, as JSON. */
// Source: the types of @ai-sdk/provider 2, 3 and 4, and of `ModelMessage`.
import * as z from "zod/mini";
import { byKind } from "../rewrite/index.ts";

type Shapes = { readonly [type: string]: { readonly [field: string]: z.ZodMiniType } };

const string = z.string();
const text = z.optional(string);
const anObject = z.looseObject({});

const typed = z.looseObject({ type: string });

function byType(shapes: Shapes, base: z.ZodMiniType<z.output<typeof anObject>> = typed) {
  const kinds = Object.entries(shapes).map(([type, shape]) => [type, z.looseObject(shape)]);
  return byKind(base, ({ type }) => type, Object.fromEntries(kinds));
}

/** In ai 7, data is tagged with its type; other types are not shown. Before, it is a string. */
const data = z.union([
  string,
  byType(
    { data: { data: string }, url: { url: string, originalUrl: text }, text: { text: string } },
    anObject,
  ),
]);

const said = { text: string };
const file = { data, mediaType: string };
const call = { toolCallId: string, toolName: string };
const bytes = { data: string, mediaType: string };

const outputItem = byType({
  text: said,
  media: bytes,
  file: { ...file, filename: text },
  "file-data": { ...bytes, filename: text },
  "file-url": { url: string, mediaType: text },
  "image-data": bytes,
  "image-url": { url: string },
});

const output = byType({
  text: { value: string },
  "error-text": { value: string },
  json: {},
  "error-json": {},
  "execution-denied": { reason: text },
  content: { value: z.array(outputItem) },
});

const promptPart = byType({
  text: said,
  reasoning: said,
  file: { ...file, filename: text, originalUrl: text },
  "reasoning-file": file,
  // Only in `ModelMessage`.
  image: { image: z.union([string, z.looseObject({})]), mediaType: text },
  "tool-call": { ...call, input: z.unknown() },
  "tool-result": { ...call, output },
});

/** A part of a result, or an event that is such a part. */
export const resultPart = byType({
  text: said,
  reasoning: said,
  file,
  "reasoning-file": file,
  source: {
    sourceType: string,
    id: string,
    url: text,
    mediaType: text,
    title: text,
    filename: text,
  },
  "tool-call": { ...call, input: string },
  "tool-result": { ...call, result: z.unknown(), isError: z.optional(z.boolean()) },
});

const message = z.looseObject({ content: z.union([string, z.array(promptPart)]) });
const roles = { system: message, user: message, assistant: message, tool: message };

export const callSchema = z.looseObject({
  prompt: z.array(byKind(z.looseObject({ role: string }), ({ role }) => role, roles)),
});

/** The fields of a result that become slots; in a stream, `finish` and `response-metadata`. */
const completionShape = {
  finishReason: z.optional(z.union([string, z.looseObject({ unified: string, raw: text })])),
  usage: z.optional(z.looseObject({})),
  response: z.optional(z.looseObject({ timestamp: text, modelId: text })),
};

export const completionFieldsSchema = z.looseObject(completionShape);
export const resultSchema = z.looseObject({ content: z.array(resultPart), ...completionShape });
