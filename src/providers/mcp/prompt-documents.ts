import { type Message, messageOfPlain } from "../../core/messages/index.ts";
import { type Read, readDocument, type Written, withLimits } from "../rewrite/index.ts";
import { writtenArguments } from "./arguments.ts";
import {
  type AnswerOptions,
  type Onto,
  type RequestOptions,
  readAnswerOptions,
  readRequestOptions,
  type ServerOptions,
  serverOf,
} from "./call-options.ts";
import { sameJson } from "./json.ts";
import { type McpSlot, promptSlot } from "./mcp-slot.ts";
import { checkCall, onlyAnswerOf, onlyPartOf } from "./only-part.ts";
import {
  type LostReports,
  leftReports,
  lostReports,
  readOf,
  readOnto,
  removedReporterIn,
  reportRest,
  settingsOf,
  written,
} from "./report.ts";
import { promptRequestSchema, promptResultSchema } from "./schemas.ts";
import { fromTurns, type OldTurns, type Turn, type TurnStyle, toTurns } from "./turns.ts";

/**
 * The params of `prompts/get` as a message: one `prompt_request`.
 *
 * @throws GlassineError `options_invalid`, `document_invalid`
 * @see spec `mcp:prompt-request`
 */
export const fromPromptRequest = withLimits(
  "fromPromptRequest",
  (params: object, given: RequestOptions & ServerOptions): Read<McpSlot> => {
    const options = readRequestOptions(given, "fromPromptRequest");
    const document = readDocument(promptRequestSchema, params, "prompt request");
    const left = leftReports();
    reportRest(document, ["name", "arguments"], left, [], settingsOf.params);
    const { name, arguments: values = {} } = document;
    const content = {
      prompt_request_id: options.id,
      name,
      arguments: values,
      ...serverOf(options),
    };
    const message = messageOfPlain({
      role: "user",
      content: [{ content_type: "prompt_request", content }],
    });
    return readOf([message], promptSlot(name, options), left.list());
  },
);

/**
 * The params of `prompts/get` for a message with one `prompt_request`.
 *
 * Arguments of a prompt are texts; others are reported, unless `onto` has them.
 *
 * @throws GlassineError `options_invalid`, `message_invalid` without such a part
 * @throws GlassineError `document_invalid` for `onto`
 * @see spec `mcp:prompt-request`, `mcp:onto`
 */
export const toPromptRequest = withLimits(
  "toPromptRequest",
  (
    messages: readonly Message[],
    options: RequestOptions & ServerOptions & Onto,
  ): Written<object> => {
    const { id, serverId, onto } = readRequestOptions(options, "toPromptRequest");
    const lost = lostReports();
    const found = onlyPartOf(messages, "user", "prompt_request", lost);
    const { content, at } = found;
    const before = readOnto(promptRequestSchema, onto, "prompt request");
    checkCall(found, "prompt_request_id", content.prompt_request_id, id, lost);
    checkCall(found, "server_id", content.server_id ?? "", serverId ?? "", lost);
    if (content.name === "" && before?.name !== "")
      lost.add([...at, "name"], "A prompt needs a name.");
    const known = before?.arguments ?? {};
    const entries = Object.entries(content.arguments).filter(([key, value]) => {
      if (typeof value === "string" || sameJson(value, known[key])) return true;
      lost.add([...at, "arguments", key], "A prompt argument must be a string.");
      return false;
    });
    const values = writtenArguments(before, Object.fromEntries(entries));
    return written({ ...before, name: content.name, ...values }, "prompt request", lost);
  },
);

/**
 * The result of `prompts/get` as a message: one `prompt_result`, with the description as `content`.
 *
 * @throws GlassineError `options_invalid`, `document_invalid`
 * @see spec `mcp:prompt-result`, `mcp:name-of-the-call`
 * @example
 * ```ts
 * import { fromPromptResult } from "glassine/mcp";
 *
 * const result = { messages: [{ role: "user", content: { type: "text", text: "Ahoy" } }] };
 * const { messages, left } = fromPromptResult(result, { id: "7", name: "greet" });
 * console.log(messages[0]?.content[0]?.content_type, left.length); // prompt_result 0
 * ```
 */
export const fromPromptResult = withLimits(
  "fromPromptResult",
  (result: object, options: AnswerOptions): Read => {
    const { id, name } = readAnswerOptions(options, "fromPromptResult");
    const document = readDocument(promptResultSchema, result, "prompt result");
    const left = leftReports();
    reportRest(document, ["messages", "description"], left, [], settingsOf.result);
    const { description } = document;
    const content = {
      prompt_request_id: id,
      prompt_name: name,
      messages: fromTurns(turnsOf(document), styleOf(id), left, ["messages"]),
      is_error: false,
      ...(description !== undefined && { content: description }),
    };
    const message = messageOfPlain({
      role: "tool",
      content: [{ content_type: "prompt_result", content }],
    });
    return readOf([message], {}, left.list());
  },
);

/**
 * The result of `prompts/get` for a message with one `prompt_result`.
 *
 * A message of a prompt has the role `user` or `assistant`, and one part. What is not such a message is
 * left out and reported.
 *
 * @throws GlassineError `options_invalid`, `message_invalid` without such a part
 * @throws GlassineError `document_invalid` for `onto`
 * @see spec `mcp:prompt-result`, `mcp:onto`
 */
export const toPromptResult = withLimits(
  "toPromptResult",
  (messages: readonly Message[], options: AnswerOptions & Onto): Written<object> => {
    const { id, name, onto } = readAnswerOptions(options, "toPromptResult");
    const lost = lostReports();
    const { content, at } = onlyAnswerOf(messages, "prompt_result", { id, name }, lost);
    if (content.is_error) lost.add([...at, "is_error"], "An MCP error is not a result.");
    if (content.error_message !== undefined) {
      lost.add([...at, "error_message"], "An MCP error is not a result.");
    }
    const before = readOnto(promptResultSchema, onto, "prompt result");
    const { description: _, ...rest } = before ?? {};
    const old = oldTurns(before, { id, name }, lost);
    const turns = toTurns(content.messages, old, styleOf(id), lost, [...at, "messages"]);
    const isAsking = before !== undefined && before.messages === undefined && turns.length === 0;
    const document = {
      ...rest,
      ...(content.content !== undefined && { description: content.content }),
      ...(!isAsking && { messages: turns }),
    };
    return written(document, "prompt result", lost);
  },
);

function styleOf(requestId: string): TurnStyle {
  return { requestId, isSampling: false };
}

/** One that asks for input (2026-07-28) has none. */
function turnsOf({ messages = [] }: { readonly messages?: readonly Turn[] | undefined }) {
  return messages;
}

/** The turns, with the messages as `fromPromptResult` showed them. */
function oldTurns(
  before: { readonly messages?: readonly Turn[] | undefined } | undefined,
  options: AnswerOptions,
  lost: LostReports,
): OldTurns {
  const path = ["messages"];
  if (before === undefined) return { turns: [], shown: [], path, removed: () => {} };
  const { messages, left } = fromPromptResult(before, options);
  const [part] = messages[0]?.content ?? [];
  const shown = part?.content_type === "prompt_result" ? part.content.messages : [];
  return { turns: turnsOf(before), shown, path, removed: removedReporterIn(left, lost) };
}
