/** Responses of the Messages API as a message, and back, streamed or not. */
import type { AnswerFacts, TableStream, WriteAnswerOptions } from "../rewrite/index.ts";
import type { MessagesResponse } from "./schemas.ts";
import { anthropic } from "./tables.ts";

/** What a response says of slots; tokens that a cache took in or gave count as input. */
export interface ResponseExtensions extends AnswerFacts<"anthropic"> {}

/** Options of `toMessagesResponse`. */
export interface ResponseOptions<Document extends object = MessagesResponse>
  extends WriteAnswerOptions<Document> {}

/** The accumulator that `messagesStream` makes. */
export interface ResponseStream<Document extends object = MessagesResponse>
  extends TableStream<"anthropic", Document> {}

/**
 * The message of a response of the Messages API, parsed from JSON: one `assistant` message.
 *
 * `extensions` has the model, the stop reason and the usage; tokens that a cache took in or gave
 * count as input. The body of an error is not a message and is refused.
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
 * The response that says `messages`, which are one `assistant` message, deep-frozen.
 *
 * With `onto` it keeps everything of that response which the message does not show, and has its
 * type. Its stop reason follows the message: `tool_use` only where there is a call for the caller.
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
 * Puts a streamed response together, so that a policy sees the same whether or not it was streamed.
 *
 * `push` takes each event, parsed from JSON. `current` is what `fromMessagesResponse` returns for the
 * response so far and `document` that response; both are made when asked for. The arguments of a
 * call are seen once they are whole: until the call is over they are in `current.left`. An `error`
 * event ends the stream without `done`, and is in `document.error`. What is not known here, and an
 * error, is in `current.left`. `Document` is the response as the SDK types it.
 *
 * @throws GlassineError `options_invalid`; from `push` `stream_invalid` for an event that
 * contradicts those before it, and `stream_limit` for one too many, and again for all after it
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
export const toMessagesEvents = anthropic.toEvents;
