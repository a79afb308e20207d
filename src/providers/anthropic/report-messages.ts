/** Reports what a turn of the Messages API cannot hold of a message. */

import type { Message } from "../../core/messages/index.ts";
import { type Collector, type Lost, pathOf } from "../rewrite/index.ts";

/** The format has no versions and no channels. */
export function reportForm(message: Message, index: number, lost: Collector<Lost>): void {
  if (message.channel !== undefined) {
    lost.add({ path: pathOf(index, "channel"), reason: "The format has no channels." });
  }
  if (message.schema_version !== "2.0") {
    const reason = "The format has no version; it reads back as 2.0.";
    lost.add({ path: pathOf(index, "schema_version"), reason });
  }
}

/** Reports what would read back in another message. */
export function reportMessage(message: Message, index: number, lost: Collector<Lost>): void {
  reportForm(message, index, lost);
  const { role, content } = message;
  if (role === "developer") {
    lost.add({
      path: pathOf(index, "role"),
      reason: "The format has no developer role; written as system.",
    });
  }
  if (role !== "user" && role !== "tool") return;
  if (role === "tool" && content.length === 0) {
    const reason = "A tool message without a result reads back as a user message.";
    lost.add({ path: pathOf(index, "role"), reason });
  }
  for (const [i, { content_type: type }] of content.entries()) {
    if ((type === "tool_result") === (role === "tool")) continue;
    const reason =
      role === "tool"
        ? "Not a tool result, so it reads back in a user message."
        : "A tool result reads back in a tool message.";
    lost.add({ path: pathOf(index, "content", i), reason });
  }
}

/** A result names its tool only through the earlier call with its id. */
export function reportToolNames(messages: readonly Message[], lost: Collector<Lost>): void {
  const names = new Map<string, string>();
  for (const [index, { content }] of messages.entries()) {
    for (const [i, part] of content.entries()) {
      if (part.content_type === "tool_call")
        names.set(part.content.tool_call_id, part.content.name);
      if (part.content_type !== "tool_result") continue;
      const name = names.get(part.content.tool_call_id) ?? "";
      if (part.content.tool_name === name) continue;
      const reason =
        "A result has no tool name of its own; the earlier call with its id has another name or does not exist.";
      lost.add({ path: pathOf(index, "content", i, "content", "tool_name"), reason });
    }
  }
}
