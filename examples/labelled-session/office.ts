/** An MCP server that holds secrets and sends mail. It knows nothing about labels. */
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import * as z from "zod";

export function office(): McpServer {
  const server = new McpServer({ name: "office", version: "1.0.0" });
  const saying = (text: string) => ({ content: [{ type: "text" as const, text }] });
  server.registerTool("read_payroll", {}, () => saying("Ada 90000, Grace 95000"));
  server.registerTool("read_board", {}, () => saying("We merge in May"));
  server.registerTool("send_mail", { inputSchema: { text: z.string() } }, ({ text }) =>
    saying(`sent ${JSON.stringify(text)}`),
  );
  return server;
}
