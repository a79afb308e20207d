/**
 * Messages in wire spelling, from the Common Message Format. Only the parts that tools,
 * prompts, resources and text need; no other part is accepted yet.
 */
import * as z from "zod";
import { jsonObject, jsonValue, wholeNumber, withDefault, withRule } from "../admit/index.ts";

const textPart = z.strictObject({ content_type: z.literal("text"), text: z.string() });

const toolCallPart = z.strictObject({
  content_type: z.literal("tool_call"),
  content: z.strictObject({
    tool_call_id: z.string(),
    name: z.string(),
    arguments: jsonObject().default({}),
    namespace: z.string().optional(),
  }),
});

const toolResultPart = z.strictObject({
  content_type: z.literal("tool_result"),
  content: z.strictObject({
    tool_call_id: z.string(),
    tool_name: z.string(),
    content: jsonValue().optional(),
    is_error: withDefault(z.boolean(), false),
  }),
});

const resourceType = z.enum(["file", "blob", "uri", "database", "api", "memory", "artifact"]);

const resourcePart = z.strictObject({
  content_type: z.literal("resource"),
  content: withRule(
    z.strictObject({
      resource_request_id: z.string(),
      uri: z.string(),
      name: z.string().optional(),
      description: z.string().optional(),
      resource_type: resourceType,
      content: z.string().optional(),
      blob: z.string().optional(),
      mime_type: z.string().optional(),
      size_bytes: wholeNumber().optional(),
      annotations: jsonObject().default({}),
      version: z.string().optional(),
    }),
    "content or blob, not both",
    (part) => part.content === undefined || part.blob === undefined,
  ),
});

const resourceRefPart = z.strictObject({
  content_type: z.literal("resource_ref"),
  content: withRule(
    z.strictObject({
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
});

const promptRequestPart = z.strictObject({
  content_type: z.literal("prompt_request"),
  content: z.strictObject({
    prompt_request_id: z.string(),
    name: z.string(),
    arguments: jsonObject().default({}),
    server_id: z.string().optional(),
  }),
});

const roleSchema = z.enum(["system", "developer", "user", "assistant", "tool"]);
const channelSchema = z.enum(["analysis", "commentary", "final"]);

type Leaf<Schema extends z.ZodType> = z.output<Schema>;
type LeafPart =
  | Leaf<typeof textPart>
  | Leaf<typeof toolCallPart>
  | Leaf<typeof toolResultPart>
  | Leaf<typeof resourcePart>
  | Leaf<typeof resourceRefPart>
  | Leaf<typeof promptRequestPart>;

/** A prompt's answer: messages inside a message. */
interface PromptResultPart {
  content_type: "prompt_result";
  content: {
    prompt_request_id: string;
    prompt_name: string;
    messages: MessageData[];
    content?: string | undefined;
    is_error: boolean;
    error_message?: string | undefined;
  };
}

/** A message as data, before freezing. */
export interface MessageData {
  schema_version: string;
  role: z.output<typeof roleSchema>;
  content: (LeafPart | PromptResultPart)[];
  channel?: z.output<typeof channelSchema> | undefined;
}

const nestedMessage: z.ZodType<MessageData, MessageData> = z.lazy(
  () => messageSchema as unknown as z.ZodType<MessageData, MessageData>,
);

const promptResultPart = z.strictObject({
  content_type: z.literal("prompt_result"),
  content: z.strictObject({
    prompt_request_id: z.string(),
    prompt_name: z.string(),
    messages: z.array(nestedMessage).default([]),
    content: z.string().optional(),
    is_error: withDefault(z.boolean(), false),
    error_message: z.string().optional(),
  }),
});

const contentPartSchema = z.discriminatedUnion("content_type", [
  textPart,
  toolCallPart,
  toolResultPart,
  resourcePart,
  resourceRefPart,
  promptRequestPart,
  promptResultPart,
]);

export const messageSchema = z.strictObject({
  schema_version: withDefault(z.string(), "2.0"),
  role: roleSchema,
  content: z.array(contentPartSchema).default([]),
  channel: channelSchema.optional(),
});
