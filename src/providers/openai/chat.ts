/** Converts Chat Completions requests and answers, streamed or not, to messages, and back. */
import { expectOptions, readWhole } from "../../core/data/index.ts";
import {
  defineProvider,
  plainEvents,
  type StreamLimits,
  type TableProvider,
  type TableStream,
} from "../rewrite/index.ts";
import { blocks } from "./chat-blocks.ts";
import { chatEvents, chatTexts } from "./chat-events.ts";
import { ChatStream, maxChoices } from "./chat-stream.ts";
import { answerExtensions, answers, finishChoices, messages, reportAnswer } from "./chat-turns.ts";
import { settingsAt } from "./dialects.ts";
import { denied } from "./errors.ts";
import { isJsonObject, type JsonObject } from "./json.ts";
import { formats, reader } from "./read.ts";
import { repeatedIn } from "./repeated.ts";
import { reportFormats, requestSettings, responseSettings } from "./settings.ts";
import { chatRequestSchema, chatResponseSchema } from "./shapes.ts";

/** Chat Completions, for `guardModel` and `guardFetch`. */
export const chatCompletions: TableProvider<"openai"> = /* @__PURE__ */ defineProvider({
  vendor: "openai",
  guard: {
    name: "openai.chat_completions",
    repeatedIn,
    requests: ["POST /chat/completions"],
    eventTexts: chatTexts,
    lastData: "[DONE]",
    denied,
  },
  calls: "Chat",
  blocks,
  request: {
    ...messages,
    check: reader(chatRequestSchema, formats.chatRequest),
    settings: [...requestSettings, ...settingsAt("request")],
    model: "model",
    report(request, reading) {
      reportFormats(request, reading);
      return [];
    },
  },
  answer: {
    ...answers,
    check: reader(chatResponseSchema, formats.chatResponse),
    settings: [...responseSettings, ...settingsAt("answer")],
    constants: ["id", "created", "model"],
    extensions: answerExtensions,
    report: reportAnswer,
    finish: finishChoices,
  },
  stream({ request, ...limits }, reading) {
    const asked = isJsonObject(request) ? request.n : undefined;
    // The server answers an impossible number as it likes, but never with more than are read.
    const choices = Number.isInteger(asked) ? Math.min(Math.max(Number(asked), 1), maxChoices) : 1;
    return new ChatStream({ ...limits, choices }, reading);
  },
  events: plainEvents(chatEvents),
});

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
export const fromChatRequest = chatCompletions.readRequest;

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
export const toChatRequest = chatCompletions.writeRequest;

/**
 * Reads the body of a chat completion: an assistant message for each choice. Model, usage, time
 * and the stop reason of the first choice are for the `completion` slot.
 *
 * @throws GlassineError `document_invalid`
 * @see spec `openai:chat-response`, `openai:stop-reason`
 */
export const fromChatResponse = chatCompletions.readAnswer;

/**
 * Writes assistant messages as the body of a chat completion, a choice for each.
 *
 * If anything in a choice changed, its probabilities and what was parsed from it are dropped; if a
 * text changed, so are its citations.
 *
 * @throws GlassineError `document_invalid` for an `onto` that is not a chat completion
 * @throws GlassineError `message_invalid`
 * @throws GlassineError `options_invalid`
 * @see spec `openai:onto`, `openai:stale`
 */
export const toChatResponse = chatCompletions.writeAnswer;

/** Limits of a chat stream, and what is known of its request. */
export interface ChatStreamOptions extends StreamLimits {
  /** How many choices the request asked for, its `n`. Default 1, also for null. */
  readonly choices?: number | null | undefined;
}

/**
 * Assembles the chunks of a streamed chat completion.
 *
 * `current` is what `fromChatResponse` returns for the answer so far, and at the end the same as if
 * it had not been streamed. The stream is `done` when every choice has its `finish_reason`, or
 * after an error; the usage comes after that. `Document` is the type of `document`, such as the
 * SDK's `ChatCompletion`.
 *
 * @throws GlassineError `options_invalid`
 * @see spec `openai:stream-same`, `openai:stream-refused`
 * @example
 * ```ts
 * import { chatStream } from "glassine/openai";
 *
 * const stream = chatStream();
 * for (const content of ["A", "hoy"]) {
 *   stream.push({ id: "c1", choices: [{ index: 0, delta: { content } }] });
 * }
 * console.log(stream.current.messages[0]?.content); // [ { content_type: 'text', text: 'Ahoy' } ]
 * ```
 */
export function chatStream<Document extends object = JsonObject>(
  options: ChatStreamOptions = {},
): TableStream<"openai", Document> {
  expectOptions(options, ["choices", "limits", "maxEvents", "textUnits"], "chatStream");
  const { choices, ...limits } = options;
  const request = { n: readWhole("choices", choices ?? 1, maxChoices) };
  return chatCompletions.stream<Document>({ ...limits, request });
}

/**
 * Returns the chunks that stream a chat completion: for each choice its texts, reasoning and calls
 * in the order of the message's fields, which is the order in which `chatStream` received them,
 * then its end; and finally the usage. That has a chunk of its own, unless it is in front of
 * `choices`, where `chatStream` puts it if it came with a choice. A completion without choices
 * becomes one chunk. Each chunk has the id, the model and the like; whatever else the completion
 * has is in the last one. The type parameter is the type of a chunk, such as the SDK's
 * `ChatCompletionChunk`.
 *
 * @throws GlassineError `document_invalid`
 * @see spec `openai:stream-events`
 * @example
 * ```ts
 * import { chatStream, toChatEvents } from "glassine/openai";
 *
 * const answer = { id: "c1", choices: [{ index: 0, message: { content: "Ahoy" } }] };
 * const stream = chatStream();
 * for (const event of toChatEvents(answer)) stream.push(event);
 * console.log(stream.current.messages[0]?.content); // [ { content_type: 'text', text: 'Ahoy' } ]
 * ```
 */
export const toChatEvents = chatCompletions.toEvents;
