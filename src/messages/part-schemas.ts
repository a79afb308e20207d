/**
 * What a message is made of, one schema a part, from the Common Message Format. A document's
 * unknown fields of a part are dropped and listed; what the host or a plugin makes has none.
 */
import * as z from "zod";
import {
  jsonObject,
  jsonValue,
  utf8Text,
  wholeNumber,
  withDefault,
  withRule,
} from "../admit/index.ts";

/** A part that holds text. */
const holdsText = <const Type extends string>(type: Type) =>
  z.object({ content_type: z.literal(type), text: z.string() });

/** A part that holds one object under `content`. */
const holds = <const Type extends string, Content extends z.ZodType>(
  type: Type,
  content: Content,
) => z.object({ content_type: z.literal(type), content });

export const textPart = holdsText("text");
export const thinkingPart = holdsText("thinking");

export const toolCallPart = holds(
  "tool_call",
  z.object({
    tool_call_id: z.string(),
    name: z.string(),
    arguments: jsonObject().default({}),
    namespace: z.string().optional(),
  }),
);

export const toolResultPart = holds(
  "tool_result",
  z.object({
    tool_call_id: z.string(),
    tool_name: z.string(),
    content: jsonValue().optional(),
    is_error: withDefault(z.boolean(), false),
  }),
);

const resourceType = z.enum(["file", "blob", "uri", "database", "api", "memory", "artifact"]);

export const resourcePart = holds(
  "resource",
  withRule(
    z.object({
      resource_request_id: z.string(),
      uri: z.string(),
      name: z.string().optional(),
      description: z.string().optional(),
      resource_type: resourceType,
      content: z.string().optional(),
      blob: utf8Text().optional(),
      mime_type: z.string().optional(),
      size_bytes: wholeNumber().optional(),
      annotations: jsonObject().default({}),
      version: z.string().optional(),
    }),
    "content or blob, not both",
    (part) => part.content === undefined || part.blob === undefined,
  ),
);

export const resourceRefPart = holds(
  "resource_ref",
  withRule(
    z.object({
      resource_request_id: z.string(),
      uri: z.string(),
      name: z.string().optional(),
      resource_type: resourceType,
      range_start: wholeNumber().optional(),
      range_end: wholeNumber().optional(),
      selector: z.string().optional(),
    }),
    "range_end not below range_start",
    (part) => part.range_end === undefined || (part.range_start ?? 0) <= part.range_end,
  ),
);

export const promptRequestPart = holds(
  "prompt_request",
  z.object({
    prompt_request_id: z.string(),
    name: z.string(),
    arguments: jsonObject().default({}),
    server_id: z.string().optional(),
  }),
);

/** The answer to a prompt request: messages inside a message. */
export const promptResultPart = <Nested extends z.ZodType>(message: Nested) =>
  holds(
    "prompt_result",
    z.object({
      prompt_request_id: z.string(),
      prompt_name: z.string(),
      messages: z.array(message).default([]),
      content: z.string().optional(),
      is_error: withDefault(z.boolean(), false),
      error_message: z.string().optional(),
    }),
  );

/** Where a medium is: at a URL, or here as base64. */
const source = {
  type: z.enum(["url", "base64"]),
  data: z.string(),
  media_type: z.string().optional(),
};
const lasting = z.object({ ...source, duration_ms: wholeNumber().optional() });

export const imagePart = holds("image", z.object(source));
export const videoPart = holds("video", lasting);
export const audioPart = holds("audio", lasting);
export const documentPart = holds(
  "document",
  z.object({ ...source, title: z.string().optional() }),
);
