/** Converts requests and responses of the Messages API, streamed or not, to messages, and back. */
import { anthropic } from "./tables.ts";

/**
 * Returns the messages of a request to the Messages API, given as parsed JSON.
 *
 * The system prompt comes first, as a `system` message. A user turn becomes `tool` messages for its
 * tool results and `user` messages for the rest. `left` lists what the messages do not show,
 * including `tools`, which a model reads.
 *
 * @throws GlassineError `document_invalid`, with every problem and its path in `data.problems`
 * @see spec `anthropic:user-turns`, `anthropic:left`
 * @example
 * ```ts
 * import { fromMessagesRequest } from "glassine/anthropic";
 *
 * const { messages, extensions } = fromMessagesRequest({
 *   model: "claude-opus-4-8",
 *   max_tokens: 1024,
 *   system: "Be brief.",
 *   messages: [{ role: "user", content: "Ahoy" }],
 * });
 * console.log(messages.map(({ role }) => role)); // [ 'system', 'user' ]
 * console.log(extensions.llm.model_id); // claude-opus-4-8
 * ```
 */
export const fromMessagesRequest = anthropic.readRequest;

/**
 * Returns a request with these `messages`, deep-frozen.
 *
 * With `onto`, the result has the type of that request and keeps everything that the messages do
 * not show, and the exact JSON of each message and part that did not change. Without it, the result
 * has no settings: the host adds `max_tokens` and the rest.
 *
 * @throws GlassineError `document_invalid` for `onto`, `message_invalid` for a message, and
 * `options_invalid`
 * @see spec `anthropic:onto`, `anthropic:lost`
 * @example
 * ```ts
 * import { createMessage } from "glassine/messages";
 * import { fromMessagesRequest, toMessagesRequest } from "glassine/anthropic";
 *
 * const onto = {
 *   model: "claude-opus-4-8",
 *   max_tokens: 1024,
 *   messages: [{ role: "user", content: "My number is 078-05-1120" }],
 * };
 * const { messages } = fromMessagesRequest(onto);
 * const masked = messages.map((message) =>
 *   createMessage({ ...message, content: [{ content_type: "text", text: "My number is ***" }] }),
 * );
 * const { document } = toMessagesRequest(masked, { onto });
 * console.log(document.max_tokens, document.messages[0]?.content); // 1024 My number is ***
 * ```
 */
export const toMessagesRequest = anthropic.writeRequest;

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
