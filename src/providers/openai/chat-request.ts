/** Requests of Chat Completions. */

import type { Message } from "../../core/messages/index.ts";
import {
  collector,
  givenMessages,
  type Left,
  type Lost,
  type Read,
  readerWithLimits,
  type Written,
  withLimits,
} from "../rewrite/index.ts";
import { messageAsRead } from "./arguments-as-read.ts";
import { readMessages, writeMessages } from "./chat-messages.ts";
import { type ModelExtensions, requestExtensions } from "./extensions.ts";
import { compact, type JsonObject, objectsIn, withFields } from "./json.ts";
import { type WriteOptions, writeOptions } from "./options.ts";
import { chatRequest, read } from "./read.ts";
import { reportFields, under } from "./report-fields.ts";
import { reportFormats, requestSettings } from "./settings.ts";
import { chatRequestSchema } from "./shapes.ts";

/**
 * Reads the body of a chat completion request: a message for each message, and the model for the
 * `llm` slot. A refusal is shown as text, a legacy `function_call` as a call without an id.
 *
 * @throws GlassineError `document_invalid`
 * @see spec `openai:chat-request`, `openai:left`
 * @example
 * ```ts
 * import { fromChatRequest } from "glassine/openai";
 *
 * const { messages, left } = fromChatRequest({
 *   model: "gpt-4.1",
 *   temperature: 0,
 *   messages: [{ role: "user", content: "Ahoy" }],
 * });
 * console.log(messages[0]?.role, left); // user [ { path: 'temperature', kind: 'setting', reason: 'A setting.' } ]
 * ```
 */
export const fromChatRequest = readerWithLimits(
  "fromChatRequest",
  (document: unknown): Read<ModelExtensions> => {
    const left = collector<Left>();
    const request = read(chatRequestSchema, document, chatRequest);
    const sources = readMessages(objectsIn(request.messages), left.add);
    reportFields(request, "", ["model", "messages"], requestSettings, left.add);
    reportFormats(request, left.add);
    return Object.freeze({
      messages: Object.freeze(sources.flatMap(({ parts }) => parts)),
      extensions: requestExtensions(request),
      left: left.list(),
    });
  },
);

/**
 * Writes messages as the body of a chat completion request.
 *
 * @throws GlassineError `document_invalid` for an `onto` that is not a request
 * @throws GlassineError `message_invalid`
 * @throws GlassineError `options_invalid`
 * @see spec `openai:onto`, `openai:lost`
 * @example
 * ```ts
 * import { createMessage } from "glassine/messages";
 * import { toChatRequest } from "glassine/openai";
 *
 * const asked = createMessage({ role: "user", content: [{ content_type: "text", text: "Ahoy" }] });
 * const { document } = toChatRequest([asked], { extensions: { llm: { model_id: "gpt-4.1" } } });
 * console.log(JSON.stringify(document)); // {"model":"gpt-4.1","messages":[{"role":"user","content":"Ahoy"}]}
 * ```
 */
export const toChatRequest = withLimits(
  "toChatRequest",
  <Document extends object = JsonObject>(
    messages: readonly Message[],
    options: WriteOptions<Document> = {},
  ): Written<Document> => {
    const lost = collector<Lost>();
    const { onto, extensions } = writeOptions(options, "toChatRequest");
    const given = givenMessages(messages, "toChatRequest");
    const old = onto && read(chatRequestSchema, onto, chatRequest);
    const before = objectsIn(old?.messages).map((message, index) =>
      message.role === "assistant"
        ? messageAsRead(message, under("messages", index), lost.add)
        : message,
    );
    const written = writeMessages(before, given, lost.add);
    const document = old
      ? withFields(old, { messages: written })
      : compact([
          ["model", extensions?.llm?.model_id],
          ["messages", written],
        ]);
    return Object.freeze({
      document: read<Document>(chatRequestSchema, document, chatRequest),
      lost: lost.list(),
    });
  },
);
