import type { Message } from "../../core/messages/index.ts";
import { readDocument } from "../rewrite/index.ts";
import { postSteps } from "./asked-steps.ts";
import type { Call, Step, Subject } from "./call.ts";
import { documentStep } from "./document-step.ts";
import { fromToolError, toToolError } from "./error-documents.ts";
import { isObject, type JsonObject } from "./json.ts";
import { mcpSlot } from "./mcp-slot.ts";
import { olderAnswer, olderCall } from "./older-steps.ts";
import { readPart, writePart } from "./one-part.ts";
import { applyWritten, errorOf, isNamedCall, resultOf } from "./payload.ts";
import { lostReports } from "./report.ts";
import { toolResultSchema } from "./schemas.ts";
import { extractState, writeState } from "./task-state.ts";
import { leftOfCall, leftOfResult, toolCall, toolResult, toToolCall } from "./tool-documents.ts";

/** `tools/call`. */
export const tools: Subject = {
  isTool: true,
  hooks: {
    pre: ["tool_pre_invoke", "cmf.tool_pre_invoke"],
    post: ["tool_post_invoke", "cmf.tool_post_invoke"],
  },
  leftOf(part, document) {
    if (part === "params") return leftOfCall(document);
    return isObject(document.result) ? leftOfResult(document.result) : [];
  },
  accepts: isNamedCall,
  describe: (call) => describeTool(call, call.params.name),
  // The older hook runs first, so that the newer one judges what will be sent.
  *pre(call) {
    const { params } = call;
    yield olderCall("tool_pre_invoke", "name", params);
    const id = call.callId;
    yield {
      hook: "cmf.tool_pre_invoke",
      rest: { hook: "cmf.mcp_request", document: params },
      payload(reportLeft) {
        const { message, reading } = readPart(toolCall, params, { id });
        reportLeft(reading.left.list());
        return message;
      },
      writeMessage: (changed) => applyWritten(params, toToolCall([changed], { id, onto: params })),
    };
  },
  outcome: (answer) => answer,
  post: (call, outcome) => toolPost(call, call.params.name, outcome),
};

/** The `mcp` slot of a tool. */
export function describeTool(call: Call, name: unknown): JsonObject {
  return mcpSlot("tool", { name: String(name) }, call).mcp;
}

/**
 * The post steps of a tool, whether its outcome is from an answer or a task. The text about the
 * state of a new task comes from the tool too, so it is shown as another result.
 */
export function* toolPost(call: Call, toolName: unknown, outcome: JsonObject): Iterable<Step> {
  const error = errorOf(outcome);
  const state = { result: extractState(begunTask(outcome)) };
  yield olderAnswer("tool_post_invoke", { name: toolName }, outcome);
  const options = { id: call.callId, name: String(toolName) };
  const conversion = { from: fromToolError, to: toToolError };
  yield error === undefined
    ? resultStep(resultOf(outcome), options)
    : documentStep("cmf.tool_post_invoke", error, conversion, options);
  if (Object.keys(state.result).length === 0) return;
  yield* postSteps(call, state, toolPost(call, toolName, state));
  const task = begunTask(outcome);
  if (task !== undefined) writeState(task, state.result);
}

/** The task that the call became, according to its outcome. */
function begunTask({ result }: JsonObject): JsonObject | undefined {
  return isObject(result) && isObject(result.task) ? result.task : undefined;
}

function resultStep(result: JsonObject, options: { id: string; name: string }): Step {
  let shown: unknown;
  return {
    hook: "cmf.tool_post_invoke",
    rest: { hook: "cmf.mcp_response", document: result },
    payload(reportLeft) {
      const document = readDocument(toolResultSchema, result, "tool result");
      const { message, reading } = readPart(toolResult, document, options);
      reportLeft(reading.left.list());
      shown = shownIn(message);
      return message;
    },
    left: () => leftOfResult(result),
    writeMessage(changed) {
      const lost = lostReports();
      // It shares the values of the result and of the message, so that `shown` can match them.
      const document = writePart(toolResult, [changed], result, options, lost);
      applyWritten(result, { document, lost: lost.all.list() }, shown);
    },
  };
}

/** The result as its message shows it. */
function shownIn({ content: [part] }: Message): unknown {
  return part?.content_type === "tool_result" ? part.content.content : undefined;
}
