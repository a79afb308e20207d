import type { Call, Step, Subject } from "./call.ts";
import { isObject, type JsonObject, sameJson, without } from "./json.ts";
import { olderAnswer } from "./older-answer.ts";
import {
  errorOf,
  keepId,
  messageOf,
  onlyPart,
  resultOf,
  unfit,
  wireOnly,
  writeArguments,
  writeError,
  writeShown,
  writeText,
} from "./payload.ts";

/** `isError` is shown as `is_error`. */
const hidden = [...wireOnly, "isError"];

/** `tools/call`. */
export const tools: Subject = {
  isTool: true,
  accepts: (params) =>
    typeof params.name === "string" &&
    (params.arguments === undefined || isObject(params.arguments)),
  describe: (call) => describeTool(call, call.params.name),
  // The older hook comes first: what it changes is judged by the point, which is what is sent.
  *pre(call) {
    const { params } = call;
    yield {
      hook: "tool_pre_invoke",
      older: true,
      payload: () => ({ name: params.name, args: params.arguments ?? {} }),
      write(changed) {
        writeText(params, "name", changed.name);
        writeArguments(params, changed.args);
      },
    };
    yield {
      hook: "cmf.tool_pre_invoke",
      payload: () =>
        messageOf("assistant", [
          {
            content_type: "tool_call",
            content: {
              tool_call_id: call.callId,
              name: params.name,
              arguments: params.arguments ?? {},
            },
          },
        ]),
      write(changed) {
        const content = onlyPart(changed, "tool_call");
        keepId(content.tool_call_id, call.callId);
        writeText(params, "name", content.name);
        writeArguments(params, content.arguments);
      },
    };
  },
  outcome: (answer) => answer,
  post: (call, outcome) => toolPost(call, call.params.name, outcome),
};

/** The `mcp` slot of a tool. */
export function describeTool(call: Call, name: unknown): JsonObject {
  return { tool: { name, ...(call.serverId !== undefined && { server_id: call.serverId }) } };
}

/** The post steps of a tool, wherever its outcome came from: an answer, or a task. */
export function* toolPost(call: Call, toolName: unknown, outcome: JsonObject): Iterable<Step> {
  const error = errorOf(outcome);
  yield olderAnswer("tool_post_invoke", { name: toolName }, outcome);
  yield error === undefined
    ? resultStep(call, toolName, resultOf(outcome))
    : errorStep(call, toolName, error);
}

/** The content is the MCP result itself, but for what is hidden: nothing is lost on the way back. */
function resultStep(call: Call, toolName: unknown, result: JsonObject): Step {
  const shown = without(result, hidden);
  const isError = result.isError === true;
  return {
    hook: "cmf.tool_post_invoke",
    payload: () => toolResult(call, toolName, shown, isError),
    write(changed) {
      const part = onlyPart(changed, "tool_result");
      keepId(part.tool_call_id, call.callId);
      if (!sameJson(part.content, shown)) {
        writeShown(result, shown, asContent(part.content), hidden);
      }
      if (typeof part.is_error !== "boolean") throw unfit("a boolean as is_error");
      if (part.is_error !== isError) result.isError = part.is_error;
    },
  };
}

function errorStep(call: Call, toolName: unknown, error: JsonObject): Step {
  return {
    hook: "cmf.tool_post_invoke",
    payload: () => toolResult(call, toolName, { ...error }, true),
    write(changed) {
      const part = onlyPart(changed, "tool_result");
      keepId(part.tool_call_id, call.callId);
      if (part.is_error !== true) throw unfit("an error that stays one");
      writeError(error, part.content);
    },
  };
}

function toolResult(call: Call, toolName: unknown, content: JsonObject, isError: boolean): object {
  return messageOf("tool", [
    {
      content_type: "tool_result",
      content: {
        tool_call_id: call.callId,
        tool_name: toolName,
        content,
        is_error: isError,
      },
    },
  ]);
}

/** A plugin may also give back a text, or the blocks alone: either stands for the whole content. */
function asContent(changed: unknown): unknown {
  if (typeof changed === "string") return { content: [{ type: "text", text: changed }] };
  return Array.isArray(changed) ? { content: changed } : changed;
}
