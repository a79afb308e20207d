import type { Message } from "../../core/messages/index.ts";
import { type Left, type Read, readDocument, type Written, withLimits } from "../rewrite/index.ts";
import { writtenArguments } from "./arguments.ts";
import {
  type AnswerOptions,
  type Onto,
  type RequestOptions,
  readAnswerOptions,
  readRequestOptions,
  type ServerOptions,
} from "./call-options.ts";
import { isObject, type JsonObject } from "./json.ts";
import { type McpSlot, toolSlot } from "./mcp-slot.ts";
import { checkCall, onlyAnswerOf, onlyPartOf } from "./only-part.ts";
import { wireOnly } from "./payload.ts";
import {
  type LeftReports,
  type LostReports,
  leftReports,
  lostReports,
  readOf,
  readOnto,
  reportRest,
  settingsOf,
  written,
} from "./report.ts";
import { reportHidden, shownResult, writeResult } from "./result-content.ts";
import { toolCallSchema, toolResultSchema } from "./schemas.ts";
import { answerMessage, callMessage } from "./tool-messages.ts";

/**
 * The params of `tools/call` as a message: one `tool_call`.
 *
 * `_meta`, `task` and what answers a request for input are in `left`.
 *
 * @throws GlassineError `options_invalid`, `document_invalid`
 * @see spec `mcp:tool-call`
 * @example
 * ```ts
 * import { fromToolCall } from "glassine/mcp";
 *
 * const { messages } = fromToolCall({ name: "add", arguments: { a: 1 } }, { id: "7" });
 * console.log(messages[0]?.role); // assistant
 * ```
 */
export const fromToolCall = withLimits(
  "fromToolCall",
  (params: object, given: RequestOptions & ServerOptions): Read<McpSlot> => {
    const options = readRequestOptions(given, "fromToolCall");
    const document = readDocument(toolCallSchema, params, "tool call");
    const { name, arguments: values = {} } = document;
    const message = callMessage(options.id, name, values);
    return readOf([message], toolSlot(name, options), leftOfCall(document));
  },
);

/** What `fromToolCall` does not show of the params. */
export function leftOfCall(params: JsonObject): readonly Left[] {
  const left = leftReports();
  reportRest(params, ["name", "arguments"], left, [], settingsOf.toolParams);
  return left.list();
}

/**
 * The params of `tools/call` for a message with one `tool_call`.
 *
 * Without `onto`, arguments are always written; over params that had none, empty ones stay out.
 *
 * @throws GlassineError `options_invalid`, `message_invalid` without such a part
 * @throws GlassineError `document_invalid` for `onto`
 * @see spec `mcp:tool-call`, `mcp:onto`
 */
export const toToolCall = withLimits(
  "toToolCall",
  (messages: readonly Message[], options: RequestOptions & Onto): Written<object> => {
    const { id, onto } = readRequestOptions(options, "toToolCall");
    const lost = lostReports();
    const found = onlyPartOf(messages, "assistant", "tool_call", lost);
    const { content, at } = found;
    const before = readOnto(toolCallSchema, onto, "tool call");
    checkCall(found, "tool_call_id", content.tool_call_id, id, lost);
    if (content.namespace !== undefined) {
      lost.add([...at, "namespace"], "MCP has no tool namespaces.");
    }
    if (content.name === "" && before?.name !== "")
      lost.add([...at, "name"], "A tool needs a name.");
    const values = writtenArguments(before, content.arguments);
    return written({ ...before, name: content.name, ...values }, "tool call", lost);
  },
);

/**
 * Fields of a result that messages do not show: the protocol's, and `isError`, which is `is_error`.
 */
const hidden = [...wireOnly, "isError"];

/**
 * The result of `tools/call`, or of `tasks/result` for a tool, as a message: one `tool_result`.
 *
 * Its `content` is the MCP result itself: `content` with blocks of every kind, `structuredContent`,
 * and what a result of the 2026-07-28 era asks for. `_meta` and the like are in `left`; of a `task`
 * that the call began, what it says of its state is content there.
 *
 * @throws GlassineError `options_invalid`, `document_invalid`
 * @see spec `mcp:tool-result`, `mcp:name-of-the-call`
 */
export const fromToolResult = withLimits(
  "fromToolResult",
  (result: object, options: AnswerOptions): Read => {
    const call = readAnswerOptions(options, "fromToolResult");
    const document = readDocument(toolResultSchema, result, "tool result");
    return readOf([resultMessage(document, call)], {}, leftOfResult(document));
  },
);

/** What `fromToolResult` shows of the result. */
export function resultMessage(
  result: JsonObject,
  { id, name }: { readonly id: string; readonly name: string },
): Message {
  return answerMessage(id, name, shownResult(result, hidden), result.isError === true);
}

/** What `fromToolResult` does not show of the result. */
export function leftOfResult(result: JsonObject): readonly Left[] {
  const left = leftReports();
  reportHidden(result, hidden, ["isError", "task"], left, []);
  reportTask(result, left);
  return left.list();
}

/** The identity of a task belongs to the protocol, but people and models read its text. */
function reportTask(result: JsonObject, left: LeftReports): void {
  const { task } = result;
  if (task === undefined) return;
  if (task === null || isObject(task)) left.form(["task"], "Messages have no such field.");
  else left.content(["task"], "Not a task, in the place of one.");
  if (isObject(task)) reportRest(task, [], left, ["task"], settingsOf.task);
}

/**
 * The result of `tools/call` for a message with one `tool_result`.
 *
 * A text or a list of blocks as `content` stands for the whole result. `isError` is written where
 * it is true, or where `onto` says otherwise.
 *
 * @throws GlassineError `options_invalid`, `message_invalid` without such a part
 * @throws GlassineError `document_invalid` for `onto`
 * @see spec `mcp:tool-result`, `mcp:onto`
 */
export const toToolResult = withLimits(
  "toToolResult",
  (messages: readonly Message[], options: AnswerOptions & Onto): Written<object> => {
    const { id, name, onto } = readAnswerOptions(options, "toToolResult");
    const before = readOnto(toolResultSchema, onto, "tool result") ?? {};
    const { document, lost } = toolResultOver(before, messages, { id, name });
    return written(document, "tool result", lost);
  },
);

/** The same, made of the very values of `before` and of the messages. */
export function toolResultOver(
  before: JsonObject,
  messages: readonly Message[],
  call: { readonly id: string; readonly name: string },
): { readonly document: JsonObject; readonly lost: LostReports } {
  const lost = lostReports();
  const { content, at } = onlyAnswerOf(messages, "tool_result", call, lost);
  const document = writeResult(before, content.content, hidden, content.is_error, lost, at);
  return { document, lost };
}
