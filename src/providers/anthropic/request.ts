/** Requests to the Messages API as messages, and back. */
import { expectOptions } from "../../core/data/index.ts";
import type { Message } from "../../core/messages/index.ts";
import {
  collector,
  givenMessages,
  type Left,
  type LimitOptions,
  type Lost,
  type Read,
  readDocument,
  readerWithLimits,
  type Written,
  withLimits,
} from "../rewrite/index.ts";
import { type RequestExtensions, requestExtensions } from "./extensions.ts";
import { withFields } from "./json.ts";
import { readingOf, reportContainer, reportFields, reportInside } from "./report-fields.ts";
import { type MessagesRequest, requestSchema } from "./schemas.ts";
import { readTurns } from "./turns.ts";
import { writeTurns } from "./write-turns.ts";

const shown = new Set(["messages", "system", "model", "container", "output_config"]);
/** The schema of an output is read by the model. */
const outputSettings = new Set(["effort"]);
const settings = new Set([
  "anthropic_beta",
  "anthropic_version",
  "betas",
  "cache_control",
  "diagnostics",
  "inference_geo",
  "max_tokens",
  "metadata",
  "service_tier",
  "speed",
  "stop_sequences",
  "stream",
  "temperature",
  "thinking",
  "tool_choice",
  "top_k",
  "top_p",
  "user_profile_id",
  "workspace_id",
]);

/** Options of `toMessagesRequest`. */
export interface RequestOptions<Document extends object = MessagesRequest> extends LimitOptions {
  /** The request that the messages came from, or one that only has settings and no messages. */
  readonly onto?: Document | undefined;
  /** Used without `onto`: the model is `llm.model_id`. */
  readonly extensions?: {
    readonly llm?: { readonly model_id?: string | undefined } | undefined;
  };
}

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
export const fromMessagesRequest = readerWithLimits(
  "fromMessagesRequest",
  (document: unknown): Read<RequestExtensions> => {
    const request = readRequest(document);
    const left = collector<Left>();
    const reading = readingOf(left);
    const segments = readTurns(request, reading);
    reportFields(reading, request, [], shown, settings);
    reportContainer(reading, request);
    reportInside(reading, request, "output_config", outputSettings);
    return Object.freeze({
      messages: Object.freeze(segments.map(({ message }) => message)),
      extensions: requestExtensions(request),
      left: left.list(),
    });
  },
);

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
export const toMessagesRequest = withLimits(
  "toMessagesRequest",
  <Document extends object = MessagesRequest>(
    messages: readonly Message[],
    options: RequestOptions<Document> = {},
  ): Written<Document> => {
    expectOptions(options, ["onto", "extensions", "limits"], "toMessagesRequest");
    const { onto, extensions } = options;
    const checked = givenMessages(messages, "toMessagesRequest");
    const lost = collector<Lost>();
    const old = onto === undefined ? undefined : readRequest(onto);
    const { system, turns } = writeTurns(checked, old, lost);
    const model = extensions?.llm?.model_id;
    const base = old ?? (model === undefined ? {} : { model });
    const document = readRequest(withFields(base, { system, messages: turns }));
    // The schema checks the document; `Document` is the caller's type for it.
    return Object.freeze({ document: document as Document, lost: lost.list() });
  },
);

function readRequest(document: unknown): MessagesRequest {
  // The schema checks what the interface says, and keeps unknown fields.
  return readDocument(requestSchema, document, "request") as MessagesRequest;
}
