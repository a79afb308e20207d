/** Requests to the Messages API as messages, and back. */
import type { ModelFacts, WriteRequestOptions } from "../rewrite/index.ts";
import type { MessagesRequest } from "./schemas.ts";
import { anthropic } from "./tables.ts";

/** What a request says of slots. */
export interface RequestExtensions extends ModelFacts<"anthropic"> {}

/** Options of `toMessagesRequest`. */
export interface RequestOptions<Document extends object = MessagesRequest>
  extends WriteRequestOptions<Document> {}

/**
 * The messages of a request to the Messages API, parsed from JSON.
 *
 * The system prompt comes first, as a `system` message. A user turn becomes `tool` messages, which
 * hold its tool results, and `user` messages. `left` lists what the messages do not show: `tools`
 * is content there, since a model reads it.
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
 * The request that says `messages`, deep-frozen.
 *
 * With `onto` it keeps everything of that request which the messages do not show, and the very JSON
 * of each message and part that did not change, and has its type. Without, it has no settings:
 * `max_tokens` and the rest are the host's to add.
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
