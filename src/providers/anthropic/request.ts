/** Converts requests to the Messages API to messages, and back. */
import type { ModelFacts, WriteRequestOptions } from "../rewrite/index.ts";
import type { MessagesRequest } from "./schemas.ts";
import { anthropic } from "./tables.ts";

/** The slots that a request sets. */
export interface RequestExtensions extends ModelFacts<"anthropic"> {}

/** Options of `toMessagesRequest`. */
export interface RequestOptions<Document extends object = MessagesRequest>
  extends WriteRequestOptions<Document> {}

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
