/** The messages that show a call and its result, made of data that a guard or a reader owns. */
import type { Json } from "../../core/data/index.ts";
import { type Message, messageOfPlain } from "../../core/messages/index.ts";

/** A message with one `tool_call`. Making it checks that `values` is JSON. */
export function callMessage(id: string, name: string, values: object): Message {
  const content = { tool_call_id: id, name, arguments: values as Record<string, Json> };
  return messageOfPlain({ role: "assistant", content: [{ content_type: "tool_call", content }] });
}

/** A message with one `tool_result`. Making it checks that `shown` is JSON. */
export function answerMessage(id: string, name: string, shown: unknown, isError = false): Message {
  const content = {
    tool_call_id: id,
    tool_name: name,
    content: shown as Json,
    is_error: isError,
  };
  return messageOfPlain({ role: "tool", content: [{ content_type: "tool_result", content }] });
}
