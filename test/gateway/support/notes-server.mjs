// A server over stdio, for both revisions of MCP. Its tools: `read` returns a secret, `send` takes
// anything, `wait` never returns.
import { fromJsonSchema, McpServer } from "@modelcontextprotocol/server";
import { serveStdio } from "@modelcontextprotocol/server/stdio";

const say = (text) => ({ content: [{ type: "text", text }] });
const tools = {
  read: () => say("The key is sk_live_0123456789abcdefghij."),
  send: () => say("Sent."),
  wait: () => new Promise(() => {}),
};

await serveStdio(() => {
  const server = new McpServer({ name: "notes", version: "1.0.0" });
  const inputSchema = fromJsonSchema({ type: "object", properties: {} });
  for (const [name, run] of Object.entries(tools)) server.registerTool(name, { inputSchema }, run);
  return server;
});
