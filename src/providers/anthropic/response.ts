/** Converts responses of the Messages API, streamed or not, to a message, and back. */
import type { AnswerFacts, TableStream, WriteAnswerOptions } from "../rewrite/index.ts";
import type { MessagesResponse } from "./schemas.ts";
import { anthropic } from "./tables.ts";

/** The slots that a response sets. Tokens written to a cache or read from one count as input. */
export interface ResponseExtensions extends AnswerFacts<"anthropic"> {}

/** Options of `toMessagesResponse`. */
export interface ResponseOptions<Document extends object = MessagesResponse>
  extends WriteAnswerOptions<Document> {}

/** The accumulator that `messagesStream` returns. */
export interface ResponseStream<Document extends object = MessagesResponse>
  extends TableStream<"anthropic", Document> {}

/**
 * Returns the one `assistant` message of a response of the Messages API, given as parsed JSON.
 *
 * `extensions` has the model, the stop reason and the usage; tokens written to a cache or read from
 * one count as input. The body of an error is not a message and is refused.
 *
 * @throws GlassineError `document_invalid`, with every problem and its path in `data.problems`
 * @see spec `anthropic:stop-reasons`, `anthropic:usage`
 * @example
 * ```ts
 * import { fromMessagesResponse } from "glassine/anthropic";
 *
 * const { messages, extensions } = fromMessagesResponse({
 *   id: "msg_1",
 *   type: "message",
 *   role: "assistant",
 *   model: "claude-opus-4-8",
 *   content: [{ type: "tool_use", id: "toolu_1", name: "add", input: { a: 1 } }],
 *   stop_reason: "tool_use",
 *   usage: { input_tokens: 12, output_tokens: 5 },
 * });
 * console.log(messages[0]?.content[0]?.content_type); // tool_call
 * console.log(extensions.completion.stop_reason); // call
 * console.log(extensions.completion.tokens?.total_tokens); // 17
 * ```
 */
export const fromMessagesResponse = anthropic.readAnswer;

/**
 * Returns a response with the one `assistant` message in `messages`, deep-frozen.
 *
 * With `onto`, the result has the type of that response and keeps everything that the message does
 * not show. The stop reason follows the message: `tool_use` only if it has a call for the caller.
 *
 * @throws GlassineError `document_invalid` for `onto`, `message_invalid` for a message, and
 * `options_invalid`
 * @see spec `anthropic:onto`, `anthropic:stop-follows`
 * @example
 * ```ts
 * import { createMessage } from "glassine/messages";
 * import { toMessagesResponse } from "glassine/anthropic";
 *
 * const answer = createMessage({
 *   role: "assistant",
 *   content: [{ content_type: "text", text: "This was withheld." }],
 * });
 * const { document } = toMessagesResponse([answer], {
 *   extensions: { llm: { model_id: "claude-opus-4-8" } },
 * });
 * console.log(document.stop_reason, document.content[0]?.text); // end_turn This was withheld.
 * ```
 */
export const toMessagesResponse = anthropic.writeAnswer;

/**
 * Assembles a streamed response, so that a policy sees the same whether or not it was streamed.
 *
 * `push` takes each event, parsed from JSON. `document` is the response so far and `current` what
 * `fromMessagesResponse` returns for it; both are computed on access. The arguments of a call are
 * shown once they are complete; until the call ends, `current.left` reports them. An `error` event
 * ends the stream, which is then never `done`; the error is in `document.error`. `current.left`
 * reports that error and everything unknown. `Document` is the SDK's type of the response.
 *
 * @throws GlassineError `options_invalid`; `push` throws `stream_invalid` for an event that
 * contradicts earlier ones and `stream_limit` for one over a limit, and then the same error for
 * every later event
 * @see spec `anthropic:streamed`, `anthropic:stream-refused`
 * @example
 * ```ts
 * import { messagesStream } from "glassine/anthropic";
 *
 * const stream = messagesStream();
 * const message = { id: "msg_1", type: "message", role: "assistant", model: "m", content: [] };
 * stream.push({ type: "message_start", message });
 * stream.push({ type: "content_block_start", index: 0, content_block: { type: "text", text: "" } });
 * stream.push({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "Ah" } });
 * stream.push({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "oy" } });
 * const [part] = stream.current.messages[0]?.content ?? [];
 * console.log(part, stream.done); // { content_type: 'text', text: 'Ahoy' } false
 * ```
 */
export const messagesStream = anthropic.stream;

/**
 * Returns the events that stream `document`, a response, deep-frozen. With them, an answer that was
 * edited as a whole can be sent to a caller who asked for a stream. Assembling them yields
 * `document` again. The type parameter is the SDK's event type, such as `RawMessageStreamEvent`.
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
export const toMessagesEvents = anthropic.toEvents;
