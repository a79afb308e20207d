import type { Json } from "../../core/data/index.ts";
import type { Left, Path, Reading } from "../rewrite/index.ts";
import { sameJson } from "../rewrite/index.ts";
import type { AnswerOptions, Onto, RequestOptions, ServerOptions } from "./call-options.ts";
import { isObject, type JsonObject, only, without } from "./json.ts";
import { type McpSlot, mcpSlot } from "./mcp-slot.ts";
import { type OnePart, reader, writer } from "./one-part.ts";
import { leftOf, mcpReading, reportForm, reportRest, settingsOf } from "./report.ts";
import { reportNoBlocks, writeResult } from "./result-content.ts";
import { callSchema, toolResultSchema } from "./schemas.ts";

const callFields = ["name", "arguments"];

export const toolCall: OnePart<"tool_call"> = {
  what: "tool call",
  schema: callSchema,
  role: "assistant",
  type: "tool_call",
  fixed: ({ id }) => ({ tool_call_id: id, namespace: undefined }),
  read(params, reading, at) {
    reportRest(reading, params, callFields, at, settingsOf.toolParams);
    return { name: params.name, arguments: params.arguments ?? {} };
  },
  write({ name, arguments: values }, before, lost, at) {
    if (name === "" && before?.name !== "") lost.add([...at, "name"], "A tool needs a name.");
    return { ...before, name, ...writtenArguments(before, values) };
  },
};

/** The `arguments` field to write. Omitted arguments stay omitted as long as they are empty. */
export function writtenArguments(before: JsonObject | undefined, values: Readonly<JsonObject>) {
  const isKept = before !== undefined && sameJson(values, before.arguments ?? {});
  return isKept ? {} : { arguments: values };
}

/**
 * Reads the params of `tools/call` as a message with one `tool_call`.
 *
 * `_meta`, `task` and answers to a request for input are in `left`.
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
export const fromToolCall = reader<RequestOptions & ServerOptions, McpSlot>(
  "fromToolCall",
  toolCall,
  ({ name }, options) => mcpSlot("tool", { name: String(name) }, options),
);

/** Lists the params that `fromToolCall` does not show. */
export function leftOfCall(params: JsonObject): readonly Left[] {
  return leftOf(params, callFields, settingsOf.toolParams);
}

/**
 * Writes a message with one `tool_call` as the params of `tools/call`.
 *
 * Without `onto`, arguments are always written; over params without any, empty ones are left out.
 *
 * @throws GlassineError `options_invalid`, `message_invalid` without such a part
 * @throws GlassineError `document_invalid` for `onto`
 * @see spec `mcp:tool-call`, `mcp:onto`
 */
export const toToolCall = writer<RequestOptions & Onto, "tool_call">("toToolCall", toolCall);

/**
 * Result fields that are not in the content: the protocol's, and `isError`, shown as `is_error`.
 */
const hidden = [...settingsOf.toolResult, "isError"];

export const toolResult: OnePart<"tool_result"> = {
  what: "tool result",
  schema: toolResultSchema,
  role: "tool",
  type: "tool_result",
  isAnswer: true,
  fixed: ({ id, name }) => ({ tool_call_id: id, tool_name: name }),
  read(result, reading, at) {
    reportResult(result, reading, at);
    return { content: without(result, hidden), is_error: result.isError === true };
  },
  write({ content, is_error: isError }, before = {}, lost, at) {
    const result = writeResult(before, content, hidden, lost, [...at, "content"]);
    if (isError !== (before.isError === true)) result.isError = isError;
    return result;
  },
};

function reportResult(result: JsonObject, reading: Reading, at: Path): void {
  const { task, isError: _, ...wire } = only(result, hidden);
  reportRest(reading, wire, [], at, settingsOf.toolResult);
  reportNoBlocks(reading, result, hidden, at);
  if (task === undefined) return;
  // The identity of a task belongs to the protocol, but people and models read its text.
  const path = [...at, "task"];
  if (task === null || isObject(task)) reportForm(reading, path, "Messages have no such field.");
  else reading.reportField(reading.left, path, task as Json, true);
  if (isObject(task)) reportRest(reading, task, [], path, settingsOf.task);
}

/**
 * Reads the result of `tools/call`, or of `tasks/result` for a tool, as a message with one
 * `tool_result`.
 *
 * Its `content` is the MCP result itself: `content` with blocks of every kind, `structuredContent`,
 * and the input that a result of MCP 2026-07-28 asks for. `_meta` and the like are in `left`. If
 * the call started a `task`, the text about its state is in `left` too, with the kind `content`.
 *
 * @throws GlassineError `options_invalid`, `document_invalid`
 * @see spec `mcp:tool-result`, `mcp:name-of-the-call`
 */
export const fromToolResult = reader<AnswerOptions>("fromToolResult", toolResult);

/** Lists the fields of a result that `fromToolResult` does not show. */
export function leftOfResult(result: JsonObject): readonly Left[] {
  const reading = mcpReading();
  reportResult(result, reading, []);
  return reading.left.list();
}

/**
 * Writes a message with one `tool_result` as the result of `tools/call`.
 *
 * A string or a list of blocks as `content` replaces the whole result. `isError` is written if it
 * is true, or if it differs from `onto`.
 *
 * @throws GlassineError `options_invalid`, `message_invalid` without such a part
 * @throws GlassineError `document_invalid` for `onto`
 * @see spec `mcp:tool-result`, `mcp:onto`
 */
export const toToolResult = writer<AnswerOptions & Onto, "tool_result">("toToolResult", toolResult);
