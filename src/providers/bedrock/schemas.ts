/**
 * The parts of Converse that reading it relies on. Blocks and fields that are not listed are
 * accepted whatever they hold. Bytes are `{ $bytes }`, in base64.
 */
// Source: the types of @aws-sdk/client-bedrock-runtime, dist-types/models/models_0.d.ts.
import * as z from "zod/mini";
import { isBase64 } from "../rewrite/index.ts";

const count = z.optional(z.int().check(z.nonnegative()));
const text = z.optional(z.string());
const bytes = z.optional(z.strictObject({ $bytes: z.string().check(z.refine(isBase64)) }));
const texts = z.optional(z.array(z.looseObject({ text })));

const s3Location = z.optional(z.looseObject({ uri: z.string() }));
const source = z.optional(z.looseObject({ bytes, s3Location, text, content: texts }));
const medium = z.optional(z.looseObject({ format: text, name: text, context: text, source }));
const media = { image: medium, audio: medium, video: medium, document: medium };

const searchResult = z.optional(
  z.looseObject({ source: z.string(), title: z.string(), content: texts }),
);
const call = { toolUseId: z.string(), type: text };
const content = z.optional(z.array(z.looseObject({ ...media, searchResult, text })));
const reasoningText = z.optional(z.looseObject({ text: z.string(), signature: text }));
const block = z.looseObject({
  ...media,
  text,
  searchResult,
  toolUse: z.optional(z.looseObject({ ...call, name: z.string() })),
  toolResult: z.optional(z.looseObject({ ...call, status: text, content })),
  reasoningContent: z.optional(z.looseObject({ reasoningText, redactedContent: bytes })),
  citationsContent: z.optional(z.looseObject({ content: texts })),
  guardContent: z.optional(
    z.looseObject({ text: z.optional(z.looseObject({ text: z.string() })), image: medium }),
  ),
});

/** The input of Converse and of ConverseStream. */
export const requestSchema = z.looseObject({
  modelId: text,
  messages: z.optional(
    z.array(z.looseObject({ role: z.enum(["user", "assistant"]), content: z.array(block) })),
  ),
  system: z.optional(z.array(block)),
});

const role = z.literal("assistant");
const counts = { inputTokens: count, outputTokens: count };
const cached = { cacheReadInputTokens: count, cacheWriteInputTokens: count };
const usage = z.optional(z.looseObject({ ...counts, ...cached }));

/** The output of Converse. */
export const responseSchema = z.looseObject({
  output: z.looseObject({ message: z.looseObject({ role, content: z.array(block) }) }),
  stopReason: text,
  usage,
});

/** An event of ConverseStream. It has one field, whose name is its kind. */
export const eventSchema = z.looseObject({
  messageStart: z.optional(z.looseObject({ role })),
  contentBlockStart: z.optional(z.looseObject({ start: block })),
  messageStop: z.optional(z.looseObject({ stopReason: text })),
  metadata: z.optional(z.looseObject({ usage })),
});

const nothing = z.optional(z.never());

/** An event to write. No SDK reads text of an answer in the start of a block. */
export const writtenEventSchema = z.looseObject({
  ...eventSchema.shape,
  contentBlockStart: z.optional(
    z.looseObject({
      start: z.looseObject({ ...block.shape, citationsContent: nothing, guardContent: nothing }),
    }),
  ),
});

export const imageSchema = z.looseObject({ image: z.nonoptional(medium) });
export const citationSchema = z.looseObject({ citation: z.looseObject({}) });
export const redactedSchema = z.looseObject({
  reasoningContent: z.looseObject({ redactedContent: z.nonoptional(bytes) }),
});
