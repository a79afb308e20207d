import { readDocument } from "../rewrite/index.ts";
import type { AnswerOptions, Onto, ReadOptions } from "./call-options.ts";
import { documentReader, documentWriter } from "./converter.ts";
import type { JsonObject } from "./json.ts";
import { messageOf, writePart } from "./one-part.ts";
import { readOf, reportRest, settingsOf } from "./report.ts";
import { taskSchema, toolResultSchema } from "./schemas.ts";
import { toolResult } from "./tool-documents.ts";

const kind = { what: "task", schema: taskSchema, isAnswer: true };

/**
 * Reads the task of a tool call, from `tasks/get` or `notifications/tasks`: the result that a
 * finished task holds, as `fromToolResult` shows it. Without a result there is no message.
 *
 * The answer to `tasks/result` (2025-11-25) is the result itself: read it with `fromToolResult`.
 *
 * @throws GlassineError `options_invalid`, `document_invalid`
 * @see spec `mcp:task`
 */
export const fromTask = documentReader(
  "fromTask",
  kind,
  ({ result, ...state }, reading, options: ReadOptions<AnswerOptions>) => {
    reportRest(reading, state, [], [], settingsOf.task);
    if (result === undefined) return readOf([], {}, reading);
    const fields = toolResult.read(resultIn(result), reading, ["result"]);
    return readOf([messageOf(toolResult, options, fields)], {}, reading);
  },
);

/**
 * Returns the task `onto`, with a message with one `tool_result` written as its result.
 *
 * @throws GlassineError `options_invalid`, `message_invalid` without such a part
 * @throws GlassineError `document_invalid` for `onto`
 * @see spec `mcp:task`, `mcp:onto`
 */
export const toTask = documentWriter(
  "toTask",
  kind,
  (messages, before, lost, options: ReadOptions<AnswerOptions & Required<Onto>>) => {
    // `onto` may be missing if the caller does not use types.
    const task = readDocument(taskSchema, before, "task");
    if (task.result === undefined) {
      for (const place of messages.keys()) lost.add([place], "The task has no result yet.");
      return task;
    }
    const result = writePart(toolResult, messages, resultIn(task.result), options, lost);
    return { ...task, result };
  },
);

function resultIn(result: object): JsonObject {
  return readDocument(toolResultSchema, result, "tool result");
}
