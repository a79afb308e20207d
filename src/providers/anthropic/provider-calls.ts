/** The calls that the provider runs itself. A caller must not run them a second time. */
import type { Message } from "../../core/messages/index.ts";
import { type Block, stringIn } from "./json.ts";
import { serverNamespace } from "./read-block.ts";

const types = new Set(["server_tool_use", "mcp_tool_use"]);

/** The ids of the provider's calls, according to the blocks and the messages. */
export function providerCallsIn(
  blocks: readonly Block[],
  messages: readonly Message[],
): ReadonlySet<string> {
  const ids = new Set<string>();
  for (const block of blocks) if (types.has(block.type)) ids.add(stringIn(block, "id"));
  for (const part of messages.flatMap(({ content }) => content)) {
    if (part.content_type !== "tool_call" || part.content.namespace !== serverNamespace) continue;
    ids.add(part.content.tool_call_id);
  }
  return ids;
}
