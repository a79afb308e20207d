/**
 * The process that G6 measures: connects a client and a server of the SDK, calls one tool, and
 * prints its total processor time in milliseconds. With `guarded`, six plugins check the call.
 */
import assert from "node:assert/strict";
import process from "node:process";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { InMemoryTransport } from "@modelcontextprotocol/sdk/inMemory.js";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import * as z from "zod";

const isGuarded = process.argv.includes("guarded");
const info = { name: "bench", version: "1.0.0" };
const rows = [{ id: 1, name: "name-1", city: "city-1", kind: "odd", state: "open" }];
const [clientEnd, serverEnd] = InMemoryTransport.createLinkedPair();

/** Loads glassine only if it is part of the measurement. */
async function guarded(transport: InMemoryTransport): Promise<InMemoryTransport> {
  const { createPluginManager, withSlots } = await import("glassine");
  const { createGuard } = await import("glassine/mcp");
  const { session, sixPlugins } = await import("./six-plugins.ts");
  const seen = { count: 0, found: 0, labels: [] };
  const manager = await createPluginManager({ plugins: sixPlugins(seen) });
  const guard = createGuard(manager, {
    envelope: ({ mcp }) => withSlots(session, { mcp }),
    onWarning: () => {},
  });
  process.on("exit", () => assert.ok(seen.count > 0, "the plugins ran"));
  return guard.wrap(transport as never) as never;
}

const server = new McpServer(info);
server.registerTool(
  "list",
  { inputSchema: { rows: z.array(z.record(z.string(), z.unknown())) } },
  () => ({ content: [{ type: "text", text: JSON.stringify({ rows }) }] }),
);
await server.connect(isGuarded ? await guarded(serverEnd) : serverEnd);
const client = new Client(info);
await client.connect(clientEnd);
const { content } = await client.callTool({ name: "list", arguments: { rows } });
assert.deepEqual(content, [{ type: "text", text: JSON.stringify({ rows }) }]);
const { user, system } = process.cpuUsage();
console.log(JSON.stringify([(user + system) / 1000]));
