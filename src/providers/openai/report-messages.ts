/** What messages say and no format of OpenAI does. */
import type { Message } from "../../core/messages/index.ts";
import type { CallNames, ToolResult } from "./calls.ts";
import { type ReportLost, under } from "./report-fields.ts";

/** What no format of OpenAI says of a result. */
export function reportResult(result: ToolResult, path: string, lost: ReportLost): void {
  if (!result.is_error) return;
  const reason = "A result is not marked as an error.";
  lost({ path: under(path, "content", "is_error"), reason });
}

/** A result says which call it answers; the name of the tool is that of the call. */
export function reportNames(messages: readonly Message[], lost: ReportLost, anonymous?: ""): void {
  const names: CallNames = new Map();
  for (const [index, { content }] of messages.entries()) {
    for (const [at, part] of content.entries()) {
      if (part.content_type === "tool_call")
        names.set(part.content.tool_call_id, part.content.name);
      if (part.content_type !== "tool_result") continue;
      const { tool_call_id: id, tool_name } = part.content;
      if (id === anonymous || tool_name === (names.get(id) ?? "")) continue;
      const path = under("", index, "content", at, "content", "tool_name");
      lost({
        path,
        reason: "A result has no tool name of its own; its call has another name or is not here.",
      });
    }
  }
}

/** What no chat message says. */
export function reportMessage(message: Message, path: string, lost: ReportLost): void {
  if (message.channel !== undefined) {
    lost({ path: under(path, "channel"), reason: "A message has no channel." });
  }
  if (message.schema_version !== "2.0") {
    lost({ path: under(path, "schema_version"), reason: "A message has no version." });
  }
}
