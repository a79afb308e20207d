/** A server and a client of the MCP SDK with a guard between them. */
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { InMemoryTransport } from "@modelcontextprotocol/sdk/inMemory.js";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { createExtensions, createPluginManager, type Plugin, withSlots } from "glassine";
import { createGuard } from "glassine/mcp";
import * as z from "zod";

/** What the host knows about the session. */
type Session = Parameters<typeof createExtensions>[0];

/** Connects a client to a server with the tools `echo`, which repeats its text, and `wipe`. */
export async function connect(plugins: readonly Plugin[], session: Session = {}) {
  const manager = await createPluginManager({ plugins: [...plugins], strict: true });
  const envelope = createExtensions(session);
  const calls: string[] = [];
  const server = new McpServer({ name: "files", version: "1.0.0" });
  server.registerTool("echo", { inputSchema: { text: z.string() } }, ({ text }) => {
    calls.push(`echo ${text}`);
    return { content: [{ type: "text", text }] };
  });
  server.registerTool("wipe", {}, () => {
    calls.push("wipe");
    return { content: [{ type: "text", text: "gone" }] };
  });
  server.registerPrompt("greet", {}, () => ({
    messages: [{ role: "user", content: { type: "text", text: "Ahoy" } }],
  }));
  server.registerResource("note", "file:///note", {}, (uri) => ({
    contents: [{ uri: uri.href, text: "a note" }],
  }));
  const [clientEnd, serverEnd] = InMemoryTransport.createLinkedPair();
  const guard = createGuard(manager, {
    serverId: "files",
    envelope: ({ mcp }) => withSlots(envelope, { mcp }),
    onWarning: () => {},
  });
  await server.connect(serverEnd);
  const client = new Client({ name: "host", version: "1.0.0" });
  await client.connect(guard.wrap(clientEnd));
  const call = async (name: string, args: Record<string, unknown> = {}) => {
    try {
      const { content } = await client.callTool({ name, arguments: args });
      return content;
    } catch (error) {
      return (error as { readonly data?: unknown }).data;
    }
  };
  return { client, call, calls, close: () => client.close() };
}
