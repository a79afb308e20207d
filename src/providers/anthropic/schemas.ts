/**
 * The parts of the Messages API that reading it relies on. Blocks, sources and fields that are not
 * listed are accepted whatever they hold.
 */
// Source: the types of @anthropic-ai/sdk 1.11.0, resources/messages/messages.d.ts and, for `mcp_…`,
// resources/beta/messages/messages.d.ts.
import * as z from "zod/mini";
import { byKind, type JsonObject } from "../rewrite/index.ts";

const whole = z.int().check(z.nonnegative());
const maybeText = z.nullish(z.string());

/** An object with a `type`. If `shapes` has that type, the object must match its schema. */
function typed(shapes: { readonly [type: string]: z.ZodMiniType }) {
  return byKind(z.looseObject({ type: z.string() }), ({ type }) => type, shapes);
}

const block: z.ZodMiniType<unknown> = z.lazy(() => anyBlock);
const textOrBlocks = z.union([z.string(), z.array(block)]);

const source = typed({
  base64: z.looseObject({ media_type: z.string(), data: z.string() }),
  url: z.looseObject({ url: z.string() }),
  text: z.looseObject({ media_type: z.string(), data: z.string() }),
  content: z.looseObject({ content: textOrBlocks }),
});

const result = z.looseObject({
  tool_use_id: z.string(),
  content: z.nullish(textOrBlocks),
  is_error: z.nullish(z.boolean()),
});

const anyBlock = typed({
  text: z.looseObject({ text: z.string(), citations: z.nullish(z.array(z.looseObject({}))) }),
  image: z.looseObject({ source }),
  document: z.looseObject({ source, title: maybeText, context: maybeText }),
  search_result: z.looseObject({
    source: z.string(),
    title: z.string(),
    content: z.array(block),
  }),
  thinking: z.looseObject({ thinking: z.string(), signature: z.optional(z.string()) }),
  tool_use: z.looseObject({ id: z.string(), name: z.string(), toolset_name: maybeText }),
  tool_result: result,
  tool_reference: z.looseObject({ tool_name: z.string() }),
  server_tool_use: z.looseObject({ id: z.string(), name: z.string() }),
  mcp_tool_use: z.looseObject({ id: z.string(), name: z.string(), server_name: z.string() }),
  mcp_tool_result: result,
});

const model = z.nullish(z.strictObject({ model: maybeText }));

/** A block that only marks where another model went on. No model reads it. */
export const fallback = z.strictObject({
  type: z.literal("fallback"),
  from: model,
  to: model,
  trigger: z.nullish(z.strictObject({ type: maybeText, category: maybeText })),
});

/** The body of a request: `messages.create` or `messages.countTokens`. */
export const requestSchema = z.looseObject({
  model: z.optional(z.string()),
  system: z.nullish(textOrBlocks),
  messages: z.array(
    z.looseObject({ role: z.enum(["user", "assistant", "system"]), content: textOrBlocks }),
  ),
});

const usage = z.looseObject({
  input_tokens: z.nullish(whole),
  output_tokens: z.nullish(whole),
  cache_creation_input_tokens: z.nullish(whole),
  cache_read_input_tokens: z.nullish(whole),
});

const stopDetails = z.nullish(z.looseObject({ explanation: maybeText }));

/** A response body that is a message, not an error. */
export const responseSchema = z.looseObject({
  type: z.literal("message"),
  role: z.literal("assistant"),
  content: z.array(block),
  id: z.optional(z.string()),
  model: z.optional(z.string()),
  stop_reason: maybeText,
  stop_details: stopDetails,
  usage: z.nullish(usage),
});

/** Events, and the deltas of blocks that are not only pieces of a string. */
export const startSchema = z.looseObject({ message: responseSchema });
export const blockStartSchema = z.looseObject({ content_block: block });
export const compactionSchema = z.looseObject({ content: maybeText, encrypted_content: maybeText });
export const errorSchema = z.looseObject({ error: z.optional(z.unknown()) });
export const signatureSchema = z.looseObject({ signature: z.string() });
export const citationSchema = z.looseObject({ citation: z.looseObject({}) });
/** Fields of `delta` can also be in the event itself. */
export const messageDeltaSchema = z.looseObject({
  stop_reason: maybeText,
  delta: z.nullish(z.looseObject({ stop_reason: maybeText, stop_details: stopDetails })),
  usage: z.nullish(usage),
});

/** A content block of any type. */
interface Block extends JsonObject {
  readonly type: string;
}

/** A turn of a request. */
interface Turn extends JsonObject {
  readonly role: "user" | "assistant" | "system";
  readonly content: string | readonly Block[];
}

/** The body of a request to the Messages API, with the fields that are known here. */
export type MessagesRequest = JsonObject & {
  readonly model?: string;
  readonly system?: string | readonly Block[] | null;
  readonly messages: readonly Turn[];
};

/** The body of a response of the Messages API, with the fields that are known here. */
export type MessagesResponse = JsonObject & {
  readonly type: "message";
  readonly role: "assistant";
  readonly model?: string;
  readonly content: readonly Block[];
};

/** An event of a streamed response. */
export interface MessagesEvent extends JsonObject {
  readonly type: string;
}
