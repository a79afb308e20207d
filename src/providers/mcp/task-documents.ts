import type { Message } from "../../core/messages/index.ts";
import { type Read, readDocument, type Written, withLimits } from "../rewrite/index.ts";
import { type AnswerOptions, type Onto, readAnswerOptions } from "./call-options.ts";
import type { JsonObject } from "./json.ts";
import { messageOf, writePart } from "./one-part.ts";
import {
  lostReports,
  mcpReading,
  readMessages,
  readOf,
  reportRest,
  settingsOf,
  written,
} from "./report.ts";
import { taskSchema, toolResultSchema } from "./schemas.ts";
import { toolResult } from "./tool-documents.ts";

/**
 * A task of a tool call, as `tasks/get` and `notifications/tasks` have it: the result that a
 * finished one holds, as `fromToolResult` shows it. Without a result there is no message.
 *
 * What `tasks/result` answers (2025-11-25) is the result itself: `fromToolResult` takes it.
 *
 * @throws GlassineError `options_invalid`, `document_invalid`
 * @see spec `mcp:task`
 */
export const fromTask = withLimits("fromTask", (task: object, given: AnswerOptions): Read => {
  const options = readAnswerOptions(given, "fromTask");
  const { result, ...state } = readDocument(taskSchema, task, "task");
  const reading = mcpReading();
  reportRest(reading, state, [], [], settingsOf.task);
  if (result === undefined) return readOf([], {}, reading);
  const fields = toolResult.read(resultIn(result), reading, ["result"]);
  return readOf([messageOf(toolResult, options, fields)], {}, reading);
});

/**
 * The task `onto` with the result that a message with one `tool_result` says.
 *
 * @throws GlassineError `options_invalid`, `message_invalid` without such a part
 * @throws GlassineError `document_invalid` for `onto`
 * @see spec `mcp:task`, `mcp:onto`
 */
export const toTask = withLimits(
  "toTask",
  (messages: readonly Message[], given: AnswerOptions & Required<Onto>): Written<object> => {
    const options = readAnswerOptions(given, "toTask");
    const document = readDocument(taskSchema, options.onto, "task");
    const lost = lostReports();
    if (document.result === undefined) {
      for (const place of readMessages(messages).keys())
        lost.add([place], "The task has no result yet.");
      return written(document, "task", lost);
    }
    const result = writePart(toolResult, messages, resultIn(document.result), options, lost);
    return written({ ...document, result }, "task", lost);
  },
);

function resultIn(result: object): JsonObject {
  return readDocument(toolResultSchema, result, "tool result");
}
