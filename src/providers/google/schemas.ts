/**
 * The parts of `generateContent` that reading it relies on. Parts and fields that are not listed
 * are accepted whatever they hold.
 */
// Source: the types of @google/genai 2.32.0, dist/genai.d.ts. All fields are optional there.
import * as z from "zod/mini";
import type { JsonObject } from "../rewrite/index.ts";

const whole = z.int().check(z.nonnegative());
const text = z.optional(z.string());
const fields = z.record(z.string(), z.unknown());

const part = z.looseObject({
  text,
  thought: z.optional(z.boolean()),
  thoughtSignature: text,
  inlineData: z.optional(z.looseObject({ mimeType: text, data: z.string(), displayName: text })),
  fileData: z.optional(z.looseObject({ mimeType: text, fileUri: z.string(), displayName: text })),
  // Streamed pieces of a call have no name, except for the first.
  functionCall: z.optional(z.looseObject({ id: text, name: text, args: z.optional(fields) })),
  functionResponse: z.optional(
    z.looseObject({ id: text, name: z.string(), response: z.optional(fields) }),
  ),
  executableCode: z.optional(z.looseObject({ id: text, code: z.string() })),
  codeExecutionResult: z.optional(z.looseObject({ id: text, outcome: text, output: text })),
  toolCall: z.optional(z.looseObject({ id: text, toolType: z.string(), args: z.optional(fields) })),
  toolResponse: z.optional(
    z.looseObject({ id: text, toolType: z.string(), response: z.optional(fields) }),
  ),
});

const parts = z.optional(z.array(part));

/** The body of a request, also to `countTokens`. */
export const requestSchema = z.looseObject({
  contents: z.array(z.looseObject({ role: z.optional(z.enum(["user", "model"])), parts })),
  systemInstruction: z.optional(z.looseObject({ role: text, parts })),
});

const counts = z.looseObject({
  promptTokenCount: z.optional(whole),
  candidatesTokenCount: z.optional(whole),
  thoughtsTokenCount: z.optional(whole),
  toolUsePromptTokenCount: z.optional(whole),
});

/** The body of a response, or an event of a stream, which is the next part of a response. */
export const responseSchema = z.looseObject({
  candidates: z.optional(
    z.array(
      z.looseObject({
        content: z.optional(z.looseObject({ role: z.optional(z.literal("model")), parts })),
        finishReason: text,
        finishMessage: z.nullish(z.string()),
        index: z.optional(whole),
      }),
    ),
  ),
  promptFeedback: z.nullish(z.looseObject({ blockReasonMessage: z.nullish(z.string()) })),
  usageMetadata: z.optional(counts),
  modelVersion: text,
  responseId: text,
});

export const pieceSchema = z.looseObject({ text: z.string(), thoughtSignature: text });
export const eventsSchema = z.array(z.looseObject({}));

/** A turn of a request or the content of a candidate. The fields of a part say what it is. */
type Content = JsonObject & {
  readonly role?: string;
  readonly parts?: readonly (JsonObject & { readonly text?: string })[];
};

/** The body of a request to `generateContent`, with the fields that are known here. */
export type GenerateRequest = JsonObject & {
  readonly contents: readonly Content[];
  readonly systemInstruction?: Content;
};

/** The body of a response of `generateContent`, with the fields that are known here. */
export type GenerateResponse = JsonObject & {
  readonly candidates?: readonly (JsonObject & { readonly content?: Content })[];
};

/** An event of a streamed response: the next part of it, in the shape of a response. */
export type GenerateEvent = GenerateResponse;
