/** A response as the events that stream it. */

import * as z from "zod/mini";
import { expectOptions } from "../../core/data/index.ts";
import { type LimitOptions, readDocument, withLimits } from "../rewrite/index.ts";
import { type Block, chosen, isObject, type JsonObject, stringIn } from "./json.ts";
import { readResponse } from "./response.ts";

/** An event of a streamed response. */
export interface MessagesEvent extends JsonObject {
  readonly type: string;
}

const events = z.array(z.looseObject({ type: z.string() }));

/** Known when the message ends, and null until then. */
const endFields = ["stop_reason", "stop_sequence", "stop_details", "container"];

/** What `message_delta` says of usage again. */
const counted = [
  "input_tokens",
  "output_tokens",
  "cache_creation_input_tokens",
  "cache_read_input_tokens",
  "output_tokens_details",
  "server_tool_use",
];

/**
 * The events that stream `document`, a response, deep-frozen: so that an answer that was changed
 * whole can be sent on to a caller who asked for a stream. Put together they are the document.
 * `Event` is an event as the SDK types it: `toMessagesEvents<RawMessageStreamEvent>(document)`.
 *
 * @throws GlassineError `document_invalid`
 * @see spec `anthropic:events`
 * @example
 * ```ts
 * import { toMessagesEvents } from "glassine/anthropic";
 *
 * const events = toMessagesEvents({
 *   id: "msg_1",
 *   type: "message",
 *   role: "assistant",
 *   model: "claude-opus-4-8",
 *   content: [{ type: "text", text: "Ahoy" }],
 *   stop_reason: "end_turn",
 * });
 * console.log(events.length, events[0]?.type); // 6 message_start
 * ```
 */
export const toMessagesEvents = withLimits(
  "toMessagesEvents",
  <Event extends { readonly type: string } = MessagesEvent>(
    document: unknown,
    options: LimitOptions = {},
  ): readonly Event[] => {
    expectOptions(options, ["limits"], "toMessagesEvents");
    const { error, ...response } = readResponse(document);
    const usage = isObject(response.usage) ? response.usage : {};
    const later = Object.fromEntries(
      endFields.filter((name) => Object.hasOwn(response, name)).map((name) => [name, null]),
    );
    const list = [
      { type: "message_start", message: { ...response, ...later, content: [] } },
      ...response.content.flatMap(eventsOf),
      { type: "message_delta", delta: chosen(response, endFields), usage: chosen(usage, counted) },
      error === undefined ? { type: "message_stop" } : { type: "error", error },
    ];
    // The schema checks what the interfaces say, and keeps unknown events.
    return readDocument(events, list, "response") as readonly Event[];
  },
);

function eventsOf(block: Block, index: number): readonly JsonObject[] {
  const { start, deltas } = cut(block);
  return [
    { type: "content_block_start", index, content_block: start },
    ...deltas.map((delta) => ({ type: "content_block_delta", index, delta })),
    { type: "content_block_stop", index },
  ];
}

/** A block without what comes in pieces, and the pieces. */
function cut(block: Block): { readonly start: Block; readonly deltas: readonly JsonObject[] } {
  switch (block.type) {
    case "text": {
      const citations = Array.isArray(block.citations) ? block.citations : [];
      const start = citations.length === 0 ? block : { ...block, citations: [] };
      const deltas = citations.map((citation) => ({ type: "citations_delta", citation }));
      const text = { type: "text_delta", text: stringIn(block, "text") };
      return { start: { ...start, text: "" }, deltas: [text, ...deltas] };
    }
    case "thinking": {
      const { signature } = block;
      const start = signature === undefined ? block : { ...block, signature: "" };
      const thinking = { type: "thinking_delta", thinking: stringIn(block, "thinking") };
      const signed = signature === undefined ? [] : [{ type: "signature_delta", signature }];
      return { start: { ...start, thinking: "" }, deltas: [thinking, ...signed] };
    }
    case "compaction": {
      const { content, encrypted_content } = block;
      if (typeof content !== "string") return { start: block, deltas: [] };
      const encrypted = encrypted_content === undefined ? {} : { encrypted_content };
      const delta = { type: "compaction_delta", content, ...encrypted };
      return { start: { ...block, content: null }, deltas: [delta] };
    }
    default: {
      if (!calls.has(block.type) || block.input === undefined) return { start: block, deltas: [] };
      const input = { type: "input_json_delta", partial_json: JSON.stringify(block.input) };
      return { start: { ...block, input: {} }, deltas: [input] };
    }
  }
}

const calls = new Set(["tool_use", "server_tool_use", "mcp_tool_use"]);
