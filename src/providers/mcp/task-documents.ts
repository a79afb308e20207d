import type { Message } from "../../core/messages/index.ts";
import { type Read, readDocument, type Written, withLimits } from "../rewrite/index.ts";
import { type AnswerOptions, type Onto, readAnswerOptions } from "./call-options.ts";
import {
  leftReports,
  lostReports,
  readMessages,
  readOf,
  reportRest,
  settingsOf,
  written,
} from "./report.ts";
import { taskSchema } from "./schemas.ts";
import { fromToolResult, toToolResult } from "./tool-documents.ts";

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
  const document = readDocument(taskSchema, task, "task");
  const left = leftReports();
  reportRest(document, ["result"], left, [], settingsOf.task);
  if (document.result === undefined) return readOf([], {}, left.list());
  const read = fromToolResult(document.result, options);
  for (const item of read.left) left.addUnder(["result"], item);
  return readOf(read.messages, {}, left.list());
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
    const { onto, ...options } = readAnswerOptions(given, "toTask");
    const document = readDocument(taskSchema, onto, "task");
    const lost = lostReports();
    if (document.result === undefined) {
      for (const place of readMessages(messages).keys())
        lost.add([place], "The task has no result yet.");
      return written(document, "task", lost);
    }
    const next = toToolResult(messages, { ...options, onto: document.result });
    for (const item of next.lost) lost.addUnder([], item, ["result"]);
    return written({ ...document, result: next.document }, "task", lost);
  },
);
