import type { Json } from "../../core/data/index.ts";
import type { ContentPart } from "../../core/messages/index.ts";
import { isObject, type JsonObject } from "./json.ts";
import { type LeftReports, type Path, type Reports, reportRest, settingsOf } from "./report.ts";
import { reportHidden, shownResult, writeResult } from "./result-content.ts";

/** Fields of a `tool_result` block that are not the result itself. */
const hidden = ["type", "toolUseId", "isError", "_meta"];

/** Reads a sampling block with a tool call or its result; `undefined` for any other. */
export function fromToolBlock(
  block: JsonObject,
  names: ReadonlyMap<string, string>,
  left: LeftReports,
  at: Path,
): ContentPart | undefined {
  const { type, id, name, input, toolUseId } = block;
  if (
    type === "tool_use" &&
    typeof id === "string" &&
    typeof name === "string" &&
    isObject(input)
  ) {
    reportRest(block, ["type", "id", "name", "input"], left, at, settingsOf.bare);
    const content = { tool_call_id: id, name, arguments: input as Record<string, Json> };
    return { content_type: "tool_call", content };
  }
  if (type !== "tool_result" || typeof toolUseId !== "string" || !isReadable(block)) {
    return undefined;
  }
  reportHidden(block, hidden, ["type", "toolUseId", "isError"], left, at);
  const tool = names.get(toolUseId);
  if (tool === undefined) left.content([...at, "toolUseId"], "The call with this id is not here.");
  const content = {
    tool_call_id: toolUseId,
    tool_name: tool ?? "",
    content: shownResult(block, hidden),
    is_error: block.isError === true,
  };
  return { content_type: "tool_result", content };
}

function isReadable({ content, isError }: JsonObject): boolean {
  const isFlag = isError === undefined || typeof isError === "boolean";
  return isFlag && (content === undefined || (Array.isArray(content) && content.every(isObject)));
}

/** Writes a call or a result as a sampling block; `undefined` for any other part. */
export function toToolBlock(
  part: ContentPart,
  lost: Reports,
  at: Path,
  original: JsonObject = {},
  shown?: ContentPart,
): JsonObject | undefined {
  const base = shown?.content_type === part.content_type ? original : {};
  const path = [...at, "content"];
  if (part.content_type === "tool_call") {
    const { tool_call_id, name, namespace, arguments: values } = part.content;
    if (namespace !== undefined) {
      lost.add([...path, "namespace"], "MCP has no tool namespaces.");
    }
    return { ...base, type: "tool_use", id: tool_call_id, name, input: values };
  }
  if (part.content_type !== "tool_result") return undefined;
  const { tool_call_id, content, is_error } = part.content;
  const result = writeResult(base, content, hidden, is_error, lost, path);
  return { ...result, type: "tool_result", toolUseId: tool_call_id };
}
