/**
 * Copies the SDK's documents for the engine. Bytes, URLs and dates keep their types in the copies;
 * whatever is read from them is checked as JSON.
 */

import type * as z from "zod/mini";
import { isRecord } from "../../core/data/index.ts";
import { ownValue } from "../../core/data/intrinsics.ts";
import { type JsonObject, readDocument } from "../rewrite/index.ts";
import { type Fields, hostCopy, isList, jsonOf, reading } from "./host-values.ts";
import { callSchema, completionFieldsSchema, resultPart, resultSchema } from "./schemas.ts";

/** Copies the prompt of a call. The rest only goes to the model. */
export function readCall(call: unknown): JsonObject {
  return checked("prompt", callSchema, () => {
    const copy = { ...Object(call), prompt: hostCopy(ownValue(call, "prompt")) };
    return [Object.freeze(copy), { prompt: listJson(copy.prompt, messageJson) }];
  });
}

export function readResult(result: unknown): JsonObject {
  return checked("result", resultSchema, () => {
    const copy = hostCopy(result);
    if (!isRecord(copy)) return [{}, jsonOf(copy)];
    return [copy, { content: listJson(copy.content, partJson), ...completionJson(copy) }];
  });
}

/** Returns a copy of a part that came as an event, and its JSON. */
export function partOf(event: object): readonly [copy: JsonObject, json: Fields] {
  const copy = hostCopy(event) as JsonObject;
  const json = readDocument(resultPart, partJson(copy), "event", "stream_invalid");
  return [copy, json as Fields];
}

/** Copies an event with `completionFields`. `under` puts its fields where a result has them. */
export function copyCompletionEvent(event: object, under: (fields: Fields) => Fields): JsonObject {
  const { type: _, ...copy } = hostCopy(event) as Fields;
  readDocument(completionFieldsSchema, completionJson(under(copy)), "event", "stream_invalid");
  return copy as JsonObject;
}

/** The fields of a result, other than its content, that the slots `completion` and `llm` show. */
export const completionFields = {
  finishReason: ["unified", "raw"],
  usage: ["inputTokens", "outputTokens", "totalTokens"],
  response: ["timestamp", "modelId"],
} as const;

export function completionJson(result: Fields): Fields {
  const json = Object.entries(completionFields).flatMap(([name, read]) => {
    const value = ownValue(result, name);
    if (value === undefined || value === null) return [];
    // A value without JSON, such as a function, must not be skipped.
    if (!isRecord(value)) return [[name, jsonOf(value) ?? null]];
    const fields = read.flatMap((each) => {
      const field = jsonOf(ownValue(value, each));
      return field === undefined ? [] : [[each, field]];
    });
    return [[name, Object.fromEntries(fields)]];
  });
  return Object.fromEntries(json);
}

/** Returns the copy if its JSON fits the schema. */
function checked(
  what: string,
  schema: z.ZodMiniType,
  copy: () => readonly [copy: object, json: unknown],
): JsonObject {
  const read = () => {
    const [own, json] = copy();
    readDocument(schema, json, what);
    return own as JsonObject;
  };
  return reading(what, read);
}

function listJson(list: unknown, json: (item: unknown) => unknown): unknown {
  return isList(list) ? Array.from(list, json) : jsonOf(list);
}

function messageJson(message: unknown): unknown {
  if (!isRecord(message)) return jsonOf(message);
  const { role, content } = message;
  return { role: jsonOf(role), content: listJson(content, partJson) };
}

/** Leaves out options and metadata of a provider, which are not read. */
function partJson(part: unknown): unknown {
  if (!isRecord(part)) return jsonOf(part);
  const { providerOptions: _, providerMetadata: __, ...read } = part;
  return jsonOf(read);
}
