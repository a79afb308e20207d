/** Responses of the Messages API as a message, and back. */
import { expectOptions } from "../../core/data/index.ts";
import { createMessage, type Message } from "../../core/messages/index.ts";
import {
  type Collector,
  collector,
  givenMessages,
  type Left,
  type LimitOptions,
  type Lost,
  pathOf,
  type Read,
  readDocument,
  readerWithLimits,
  removedReporter,
  type Written,
  withLimits,
} from "../rewrite/index.ts";
import {
  type Answering,
  freshResponse,
  type ResponseExtensions,
  responseExtensions,
} from "./extensions.ts";
import { type Block, isSameJsonText, withFields } from "./json.ts";
import { withoutParsed } from "./parsed.ts";
import { providerCallsIn } from "./provider-calls.ts";
import { readBlocks } from "./read-block.ts";
import { type Reading, readingOf, reportContainer, reportFields } from "./report-fields.ts";
import { reportForm, reportToolNames } from "./report-messages.ts";
import { type MessagesResponse, responseSchema } from "./schemas.ts";
import { inList } from "./write-block.ts";
import { type Shown, writeBlocks, writingTo } from "./write-blocks.ts";

const shown = new Set([
  "id",
  "type",
  "role",
  "model",
  "content",
  "stop_reason",
  "usage",
  "container",
]);
const settings = new Set(["context_management", "diagnostics", "stop_sequence"]);

/** Options of `toMessagesResponse`. */
export interface ResponseOptions<Document extends object = MessagesResponse> extends LimitOptions {
  /** The response that the message came from. */
  readonly onto?: Document | undefined;
  /** Used without `onto`: id, model, stop reason and usage. */
  readonly extensions?: Answering;
}

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
export const fromMessagesResponse = readerWithLimits(
  "fromMessagesResponse",
  (document: unknown): Read<ResponseExtensions> => {
    const response = readResponse(document);
    const left = collector<Left>();
    const reading = readingOf(left);
    const { message } = readMessage(response, reading);
    const extensions = responseExtensions(response, reading);
    reportFields(reading, response, [], shown, settings);
    reportContainer(reading, response);
    return Object.freeze({
      messages: Object.freeze([message]),
      extensions,
      left: left.list(),
    });
  },
);

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
export const toMessagesResponse = withLimits(
  "toMessagesResponse",
  <Document extends object = MessagesResponse>(
    messages: readonly Message[],
    options: ResponseOptions<Document> = {},
  ): Written<Document> => {
    expectOptions(options, ["onto", "extensions", "limits"], "toMessagesResponse");
    const { onto, extensions = {} } = options;
    const checked = givenMessages(messages, "toMessagesResponse");
    const lost = collector<Lost>();
    const old = onto === undefined ? undefined : readResponse(onto);
    const left = collector<Left>();
    const before = old && readMessage(old, readingOf(left)).shown;
    reportMessages(checked, lost);
    const reporter = {
      lost,
      providerCalls: providerCallsIn(old?.content ?? [], checked),
      removed: removedReporter(left.list(), lost.add),
    };
    const parts = checked[0]?.content ?? [];
    const content = writeBlocks(
      parts,
      before,
      inList([0, "content"]),
      writingTo("response", reporter),
    );
    const calls = hasCall(content);
    const fields =
      old === undefined ? freshResponse(extensions, calls, lost) : followed(old, content, lost);
    const document = readResponse(withFields(fields, { content }));
    // The schema checks the document; `Document` is the caller's type for it.
    return Object.freeze({ document: document as Document, lost: lost.list() });
  },
);

export function readResponse(document: unknown): MessagesResponse {
  // The schema checks what the interface says, and keeps unknown fields.
  return readDocument(responseSchema, document, "response") as MessagesResponse;
}

function readMessage(response: MessagesResponse, reading: Reading) {
  const { parts, at } = readBlocks(response.content, ["content"], reading);
  const message = createMessage({ role: "assistant", content: parts });
  const blocks = response.content;
  const shown: Shown = { blocks, parts: message.content, at, path: ["content"], begin: 0 };
  return { message, shown };
}

function reportMessages(messages: readonly Message[], lost: Collector<Lost>): void {
  for (const [index, message] of messages.entries()) {
    if (index > 0) {
      lost.add({
        path: pathOf(index),
        reason: "A response is a single message; this one is extra.",
      });
      continue;
    }
    reportForm(message, index, lost);
    if (message.role === "assistant") continue;
    const reason = "A response reads back as an assistant message.";
    lost.add({ path: pathOf(index, "role"), reason });
  }
  reportToolNames(messages.slice(0, 1), lost);
}

/**
 * The response with the fields after its content: stop reason, and what the SDK parsed from a text.
 */
function followed(old: MessagesResponse, content: readonly Block[], lost: Collector<Lost>) {
  const fields = { ...old, ...stopOf(old, hasCall(content), lost) };
  return isSameJsonText(old.content, content)
    ? fields
    : withoutParsed(fields, [0, "content"], lost);
}

/** Whether the caller has a call to answer. */
function hasCall(content: readonly Block[]): boolean {
  return content.some(({ type }) => type === "tool_use");
}

/** A stop reason that an edit made untrue is set right. */
function stopOf(old: MessagesResponse, calls: boolean, lost: Collector<Lost>) {
  if (hasCall(old.content) === calls) return {};
  if (calls) {
    const { stop_reason: before } = old;
    const isUsual = before === "end_turn" || before === "tool_use";
    const reason = "The old stop reason no longer fits: the content now has a call.";
    if (typeof before === "string" && !isUsual) lost.add({ path: pathOf(0, "content"), reason });
    return { stop_reason: "tool_use" };
  }
  return old.stop_reason === "tool_use" ? { stop_reason: "end_turn" } : {};
}
