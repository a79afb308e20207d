/** The answers that a guard returns in place of a message that it refused. */
import type { Call } from "./call.ts";
import { type Denial, errorAnswer, errorFor, guardErrorCodes } from "./denials.ts";
import { isGiven, isObject, type JsonObject } from "./json.ts";
import { isDone, keepSafe } from "./task-state.ts";

/** A tool result that tells the model the reason. */
function refusedResult(denial: Denial): JsonObject {
  return { content: [{ type: "text", text: denial.reason }], isError: true };
}

/** MCP 2026-07-28 names its version in each request and requires a `resultType` in each result. */
const versionKey = "io.modelcontextprotocol/protocolVersion";

/** MCP 2025-11-25: an answer to `tasks/result` names its task. */
const relatedTaskKey = "io.modelcontextprotocol/related-task";

/** The answer to a refused call, as `onDeny` says. */
export function refusal(call: Call, denial: Denial): JsonObject {
  const { onDeny = "error" } = call.hooks.options;
  // A caller that asks for a task expects one, and fails to read the result of a tool.
  const isPlainCall = call.method === "tools/call" && !isGiven(call.params.task);
  const isForModel = isPlainCall || call.method === "tasks/result";
  if (onDeny === "error" || !isForModel || denial.code !== guardErrorCodes.denied) {
    return errorAnswer(call.id, denial);
  }
  const meta = call.params._meta;
  const isModern = isObject(meta) && meta[versionKey] !== undefined;
  const { taskId } = call.params;
  const related = { _meta: { [relatedTaskKey]: { taskId } } };
  const result = {
    ...refusedResult(denial),
    ...(isModern && { resultType: "complete" }),
    ...(call.method === "tasks/result" && related),
  };
  return { jsonrpc: "2.0", id: call.id, result };
}

/**
 * Replaces the outcome that a task holds with a refusal, and removes every field that could hold
 * text, even a `taskId` other than the requested one: the plugin may have refused any of it.
 */
export function refuseInTask(task: JsonObject, denial: Denial, { params }: Call): void {
  const { error, result } = task;
  const isOver = isDone(task);
  keepSafe(task);
  if (task.taskId !== params.taskId) delete task.taskId;
  if (!isOver) return;
  if (error !== undefined) {
    task.error = errorFor(denial);
    return;
  }
  const before = isObject(result) ? result.resultType : undefined;
  task.result = {
    ...refusedResult(denial),
    ...(before !== undefined && { resultType: "complete" }),
  };
}
