/**
 * What has to be known of the Messages API to read it. Blocks, sources and fields of kinds that are
 * not listed may be there and be anything.
 */
// Source: the types of @anthropic-ai/sdk 1.11.0, resources/messages/messages.d.ts and, for `mcp_…`,
// resources/beta/messages/messages.d.ts.
import * as z from "zod";
import type { Block, JsonObject } from "./json.ts";

const whole = z.number().int().min(0);
const maybeText = z.string().nullish();

/** An object that says its type: of a type that is known here, it has that type's fields. */
function typed(known: ReadonlyMap<string, z.ZodType>) {
  return z.looseObject({ type: z.string() }).check((context) => {
    const parsed = known.get(context.value.type)?.safeParse(context.value);
    if (parsed === undefined || parsed.success) return;
    for (const issue of parsed.error.issues) {
      context.issues.push({ ...issue, input: context.value } as z.core.$ZodRawIssue);
    }
  });
}

const block: z.ZodType<unknown> = z.lazy(() => anyBlock);
const textOrBlocks = z.union([z.string(), z.array(block)]);

const source = typed(
  new Map<string, z.ZodType>([
    ["base64", z.looseObject({ media_type: z.string(), data: z.string() })],
    ["url", z.looseObject({ url: z.string() })],
    ["text", z.looseObject({ media_type: z.string(), data: z.string() })],
    ["content", z.looseObject({ content: textOrBlocks })],
  ]),
);

const result = z.looseObject({
  tool_use_id: z.string(),
  content: textOrBlocks.nullish(),
  is_error: z.boolean().nullish(),
});

const anyBlock = typed(
  new Map<string, z.ZodType>([
    ["text", z.looseObject({ text: z.string(), citations: z.array(z.looseObject({})).nullish() })],
    ["image", z.looseObject({ source })],
    ["document", z.looseObject({ source, title: maybeText, context: maybeText })],
    [
      "search_result",
      z.looseObject({ source: z.string(), title: z.string(), content: z.array(block) }),
    ],
    ["thinking", z.looseObject({ thinking: z.string(), signature: z.string().optional() })],
    ["tool_use", z.looseObject({ id: z.string(), name: z.string(), toolset_name: maybeText })],
    ["tool_result", result],
    ["server_tool_use", z.looseObject({ id: z.string(), name: z.string() })],
    ["mcp_tool_use", z.looseObject({ id: z.string(), name: z.string(), server_name: z.string() })],
    ["mcp_tool_result", result],
  ]),
);

/** A request body: of `messages.create`, or of `messages.countTokens`. */
export const requestSchema = z.looseObject({
  model: z.string().optional(),
  system: textOrBlocks.nullish(),
  messages: z.array(
    z.looseObject({ role: z.enum(["user", "assistant", "system"]), content: textOrBlocks }),
  ),
});

const usage = z.looseObject({
  input_tokens: whole.nullish(),
  output_tokens: whole.nullish(),
  cache_creation_input_tokens: whole.nullish(),
  cache_read_input_tokens: whole.nullish(),
});

/** A response body that is a message, no error. */
export const responseSchema = z.looseObject({
  type: z.literal("message"),
  role: z.literal("assistant"),
  content: z.array(block),
  id: z.string().optional(),
  model: z.string().optional(),
  stop_reason: maybeText,
  usage: usage.nullish(),
});

/** The events that begin a stream or a block, and the one that ends a message. */
export const startSchema = z.looseObject({ message: responseSchema });
export const blockStartSchema = z.looseObject({ content_block: block });
export const compactionSchema = z.looseObject({ content: maybeText, encrypted_content: maybeText });
export const errorSchema = z.looseObject({ error: z.unknown().optional() });
export const citationSchema = z.looseObject({ citation: z.looseObject({}) });
/** Fields of `delta` may also be beside it. */
export const messageDeltaSchema = z.looseObject({
  stop_reason: maybeText,
  delta: z.looseObject({ stop_reason: maybeText }).nullish(),
  usage: usage.nullish(),
});

/** A turn of a request. */
export interface Turn extends JsonObject {
  readonly role: "user" | "assistant" | "system";
  readonly content: string | readonly Block[];
}

/** The body of a request to the Messages API, as far as it is known here. */
export interface MessagesRequest extends JsonObject {
  readonly messages: readonly Turn[];
}

/** The body of a response of the Messages API, as far as it is known here. */
export interface MessagesResponse extends JsonObject {
  readonly type: "message";
  readonly role: "assistant";
  readonly content: readonly Block[];
}
