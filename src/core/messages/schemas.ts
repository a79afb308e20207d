/**
 * Messages in wire spelling, from the Common Message Format. Unknown fields of a part are dropped
 * from a document and listed; from a host or plugin they are refused.
 */
import * as z from "zod/mini";
import {
  jsonObject,
  jsonValue,
  utf8Text,
  wholeNumber,
  withDefault,
  withRule,
} from "../schema/index.ts";
import type { Message, MessageInput } from "./message-types.generated.ts";

// Equal fields share a schema, because each schema adds to the start time.
const text = z.string();
const optionalText = z.optional(text);
const optionalCount = z.optional(wholeNumber());
const emptyObject = z._default(jsonObject(), {});
const falseByDefault = withDefault(z.boolean(), false);

/** A part with text. */
const holdsText = <const Type extends string>(type: Type) =>
  z.object({ content_type: z.literal(type), text: text });

/** A part with an object under `content`. */
const holds = <const Type extends string, Content extends z.core.$ZodType>(
  type: Type,
  content: Content,
) => z.object({ content_type: z.literal(type), content });

const resourceType = z.enum(["file", "blob", "uri", "database", "api", "memory", "artifact"]);

/** Where a medium is: at a URL, or inline as base64. */
const source = {
  type: z.enum(["url", "base64"]),
  data: text,
  media_type: optionalText,
};
const lasting = z.object({ ...source, duration_ms: optionalCount });

const nestedMessage: z.core.$ZodType<Message, MessageInput> = z.lazy(() => messageObject);

/** Every part, distinguished by `content_type`. */
export const partSchemas = [
  holdsText("text"),
  holdsText("thinking"),
  holds(
    "tool_call",
    z.object({
      tool_call_id: text,
      name: text,
      arguments: emptyObject,
      namespace: optionalText,
    }),
  ),
  holds(
    "tool_result",
    z.object({
      tool_call_id: text,
      tool_name: text,
      content: z.optional(jsonValue()),
      is_error: falseByDefault,
    }),
  ),
  holds(
    "resource",
    withRule(
      z.object({
        resource_request_id: text,
        uri: text,
        name: optionalText,
        description: optionalText,
        resource_type: resourceType,
        content: optionalText,
        blob: z.optional(utf8Text()),
        mime_type: optionalText,
        size_bytes: optionalCount,
        annotations: emptyObject,
        version: optionalText,
      }),
      "content or blob, not both",
      (part) => part.content === undefined || part.blob === undefined,
    ),
  ),
  holds(
    "resource_ref",
    withRule(
      z.object({
        resource_request_id: text,
        uri: text,
        name: optionalText,
        resource_type: resourceType,
        range_start: optionalCount,
        range_end: optionalCount,
        selector: optionalText,
      }),
      "range_end not below range_start",
      (part) => part.range_end === undefined || (part.range_start ?? 0) <= part.range_end,
    ),
  ),
  holds(
    "prompt_request",
    z.object({
      prompt_request_id: text,
      name: text,
      arguments: emptyObject,
      server_id: optionalText,
    }),
  ),
  holds("image", z.object(source)),
  holds("video", lasting),
  holds("audio", lasting),
  holds("document", z.object({ ...source, title: optionalText })),
  holds(
    "prompt_result",
    z.object({
      prompt_request_id: text,
      prompt_name: text,
      messages: z._default(z.array(nestedMessage), []),
      content: optionalText,
      is_error: falseByDefault,
      error_message: optionalText,
    }),
  ),
] as const;

/** A message has no other field; in particular, extensions travel outside it. */
export const messageObject = z.strictObject({
  schema_version: withDefault(z.string(), "2.0"),
  role: z.enum(["system", "developer", "user", "assistant", "tool"]),
  content: z._default(z.array(z.discriminatedUnion("content_type", partSchemas)), []),
  channel: z.optional(z.enum(["analysis", "commentary", "final"])),
});
