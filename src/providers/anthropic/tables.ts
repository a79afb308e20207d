/** The Messages API as tables. */
import * as z from "zod/mini";
import {
  blockEvents,
  chosen,
  defineProvider,
  type EventTable,
  type FreshFacts,
  fieldOf,
  type JsonObject,
  type ModelRefusal,
  objectIn,
  type PieceTable,
  type StreamTable,
  type TableProvider,
  type TurnTable,
  textsAt,
  under,
} from "../rewrite/index.ts";
import { blocks } from "./blocks.ts";
import {
  blockStartSchema,
  citationSchema,
  compactionSchema,
  errorSchema,
  type MessagesEvent,
  type MessagesRequest,
  type MessagesResponse,
  messageDeltaSchema,
  requestSchema,
  responseSchema,
  signatureSchema,
  startSchema,
} from "./schemas.ts";

/** Settings of a container, in requests and answers. Its skills are not: a model reads them. */
const container = ["container", "container.expires_at", "container.id"];

const requestSettings: readonly string[] = [
  ...container,
  "anthropic_beta",
  "anthropic_version",
  "betas",
  ...under("billing_policy", ["bill_to", "type"]),
  "cache_control",
  "compaction.type",
  // The instructions of a compaction are not settings: a model reads them.
  ...under("context_management.edits.*", [
    "clear_at_least",
    "clear_tool_inputs",
    "exclude_tools",
    "keep",
    "pause_after_compaction",
    "trigger",
    "type",
  ]),
  "diagnostics",
  // Who pays for an answer that another model refused to give.
  "fallback_credit_token",
  "inference_geo",
  "max_tokens",
  "metadata",
  // The schema of the output is not a setting: a model reads it.
  "output_config.effort",
  ...under("output_config.task_budget", ["remaining", "total", "type"]),
  "service_tier",
  "speed",
  "stop_sequences",
  "stream",
  "temperature",
  "thinking",
  "thread.type",
  "tool_choice",
  "top_k",
  "top_p",
  "user_profile_id",
  "workspace_id",
];

const usageSettings = [
  "cache_creation",
  "cache_creation_input_tokens",
  "cache_read_input_tokens",
  ...under("fallback_credit.status", ["reason", "remove_to_redeem", "type"]),
  "inference_geo",
  "iterations",
  "output_tokens_details",
  "server_tool_use",
  "service_tier",
  "speed",
];

const answerSettings: readonly string[] = [
  ...container,
  "context_management",
  "diagnostics",
  ...under("input_transformations.*", ["path", "reason", "type"]),
  "stop_sequence",
  ...under("stop_details", ["category", "recommended_model", "type"]),
  ...under("stop_details", ["fallback_credit_token", "fallback_has_prefill_claim"]),
  ...under("usage", usageSettings),
];

/** Has all fields that the SDK's types require. */
function freshAnswer({ id, model, stop, tokens }: FreshFacts): JsonObject {
  return {
    id,
    type: "message",
    role: "assistant",
    model,
    content: [],
    stop_reason: stop,
    stop_sequence: null,
    stop_details: null,
    container: null,
    diagnostics: null,
    usage: {
      input_tokens: tokens.input_tokens,
      output_tokens: tokens.output_tokens,
      cache_creation: null,
      cache_creation_input_tokens: null,
      cache_read_input_tokens: null,
      inference_geo: null,
      output_tokens_details: null,
      server_tool_use: null,
      service_tier: null,
      speed: null,
    },
  };
}

const isOf = (type: string) => (block: JsonObject) => block.type === type;
const calls: readonly unknown[] = ["tool_use", "server_tool_use", "mcp_tool_use"];

const pieces: PieceTable = {
  text_delta: { fits: isOf("text"), text: ["text", "text"] },
  citations_delta: {
    fits: isOf("text"),
    item: ["citation", "citations"],
    schema: citationSchema,
  },
  thinking_delta: {
    fits: isOf("thinking"),
    text: ["thinking", "thinking"],
    hints: ["estimated_tokens"],
  },
  signature_delta: { fits: isOf("thinking"), whole: { signature: "" }, schema: signatureSchema },
  input_json_delta: {
    // Also fits blocks of future types.
    fits: (block) => Object.hasOwn(block, "input"),
    isCutFrom: (block) => calls.includes(block.type),
    json: ["partial_json", "input"],
  },
  compaction_delta: {
    fits: isOf("compaction"),
    whole: { content: null, encrypted_content: null },
    schema: compactionSchema,
  },
};

const stream: StreamTable = {
  empty: { type: "message", role: "assistant", content: [] },
  content: "content",
  fixed: ["id", "type", "role", "model", "content", "usage"],
  pieces,
  events: {
    ping: { fields: [], apply: () => {} },
    message_start: {
      fields: ["message"],
      apply: (answer, event) => answer.begin(objectIn(answer.read(startSchema, event).message)),
    },
    content_block_start: {
      fields: ["index", "content_block"],
      apply: (answer, event) =>
        answer.beginBlock(
          fieldOf(event, "index"),
          objectIn(answer.read(blockStartSchema, event).content_block),
        ),
    },
    content_block_delta: {
      fields: ["index", "delta"],
      apply: (answer, event) => answer.addPiece(fieldOf(event, "index"), fieldOf(event, "delta")),
    },
    content_block_stop: {
      fields: ["index"],
      apply: (answer, event) => answer.endBlock(fieldOf(event, "index")),
    },
    message_delta: {
      apply(answer, event) {
        const { type: _, delta, usage, ...more } = answer.read(messageDeltaSchema, event);
        // Fields of `delta` can also be in the event itself.
        const fields = objectIn({ ...more, ...delta });
        answer.expectSame("explanation", objectIn(fields.stop_details).explanation);
        answer.merge(fields);
        answer.mergeInto("usage", objectIn(usage));
      },
    },
    message_stop: { fields: [], apply: (answer) => answer.end() },
    error: {
      fields: ["error"],
      apply: (answer, event) => answer.fail(answer.read(errorSchema, event).error),
    },
  },
};

/** The fields that are null until the message ends. */
const endFields = [
  "stop_reason",
  "stop_sequence",
  "stop_details",
  "container",
  "context_management",
];

/** The fields that no event after `message_start` has. */
const startFields = ["id", "type", "role", "model", "content", "diagnostics"];

const eventTable: EventTable = {
  schema: z.array(z.looseObject({ type: z.string() })),
  begin({ error: _, ...answer }) {
    const later = endFields.filter((name) => Object.hasOwn(answer, name));
    const empty = Object.fromEntries(later.map((name) => [name, null]));
    return [{ type: "message_start", message: { ...answer, ...empty, content: [] } }];
  },
  block: (index, start, deltas) => [
    { type: "content_block_start", index, content_block: start },
    ...deltas.map(([type, fields]) => ({
      type: "content_block_delta",
      index,
      delta: { type, ...fields },
    })),
    { type: "content_block_stop", index },
  ],
  // Whatever may have changed since `message_start`, which may already have left.
  end({ error, usage, context_management, ...answer }) {
    const late = Object.keys(answer).filter((name) => !startFields.includes(name));
    return [
      {
        type: "message_delta",
        delta: chosen(answer, late),
        usage: objectIn(usage),
        ...(context_management !== undefined && { context_management }),
      },
      error === undefined ? { type: "message_stop" } : { type: "error", error },
    ];
  },
};

/** Where a request has its system prompt and turns, and which roles they have. */
export const turns: TurnTable = {
  prompt: "system",
  turns: "messages",
  content: "content",
  roles: {
    user: "user",
    assistant: "assistant",
    system: "system",
    developer: "system",
    tool: "user",
  },
  turnSettings: ["clear_at", "output_config.effort"],
  text: (text) => ({ type: "text", text }),
};

const errorTypes: { readonly [status: number]: string } = {
  401: "authentication_error",
  402: "billing_error",
  403: "permission_error",
  404: "not_found_error",
  413: "request_too_large",
  429: "rate_limit_error",
  504: "timeout_error",
  529: "overloaded_error",
};

/** The code is a field of its own, since this API has only a few error types. */
function errorOf({ code, reason, status }: ModelRefusal): object {
  const known = Object.values(errorTypes).includes(code) ? code : errorTypes[status];
  const type = known ?? (status < 500 ? "invalid_request_error" : "api_error");
  return { type: "error", error: { type, message: reason, code } };
}

type Anthropic = TableProvider<"anthropic", MessagesRequest, MessagesResponse, MessagesEvent>;

/** The Messages API, for `guardModel` and `guardFetch`. */
export const anthropic: Anthropic = /* @__PURE__ */ defineProvider({
  vendor: "anthropic",
  guard: {
    name: "anthropic.messages",
    requests: ["POST /messages"],
    ownHeaders: ["anthropic-version"],
    eventTexts: textsAt("index", ["delta.text", "delta.thinking"]),
    namesEvents: true,
    denied: errorOf,
  },
  calls: "Messages",
  blocks,
  request: {
    schema: requestSchema,
    settings: requestSettings,
    model: "model",
    ...turns,
  },
  answer: {
    schema: responseSchema,
    settings: answerSettings,
    constants: ["type", "role"],
    content: "content",
    remarks: { "stop_details.explanation": null },
    facts: {
      id: "id",
      model: "model",
      stop: {
        field: "stop_reason",
        reasons: {
          end_turn: "end",
          tool_use: "call",
          max_tokens: "max_tokens",
          stop_sequence: "stop_sequence",
        },
      },
      usage: {
        field: "usage",
        input: ["input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens"],
        output: ["output_tokens"],
      },
    },
    fresh: freshAnswer,
  },
  stream,
  events: blockEvents(stream, eventTable),
});
