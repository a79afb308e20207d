/** Runs one message through one plugin. */
import { createExtensions, type HookName, type Plugin } from "glassine";
import { createMessage, type MessageInput, toolCall, toolResult } from "glassine/messages";
import { withPlugins } from "glassine/testing";

type Envelope = Parameters<typeof createExtensions>[0];

/** Returns the result of a message hook. A change that would be ignored is an error. */
export function run(
  plugin: Plugin,
  hook: HookName & ("evaluate" | `cmf.${string}` | `message_${string}`),
  message: MessageInput,
  envelope: Envelope = {},
) {
  return withPlugins(
    [plugin],
    async (manager) =>
      manager.invoke(hook, createMessage(message), { extensions: createExtensions(envelope) }),
    { strict: true },
  );
}

export function calling(name: string, args: Record<string, unknown> = {}): MessageInput {
  const content = { tool_call_id: "1", name, arguments: args as never };
  return { role: "assistant", content: [toolCall(content)] };
}

export function answering(tool_name: string, content: unknown, is_error = false): MessageInput {
  const part = { tool_call_id: "1", tool_name, content: content as never, is_error };
  return { role: "tool", content: [toolResult(part)] };
}

export const user = (roles: readonly string[] = [], id = "ada") => ({
  security: { subject: { id, type: "user" as const, roles } },
});
