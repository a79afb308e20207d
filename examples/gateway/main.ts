/**
 * A real MCP client starts `glassine gateway` in place of its server; the gateway starts the
 * real server-everything. Run it with `npm start`.
 */
import process from "node:process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";

const config = "examples/gateway/glassine.config.ts";
const bin = fileURLToPath(new URL("gateway/command/main.js", import.meta.resolve("glassine")));
console.log(`$ glassine gateway --config ${config}`);
const gateway = new StdioClientTransport({
  command: process.execPath,
  args: [bin, "gateway", "--config", config],
  stderr: "pipe",
});
const log = linesOf(gateway.stderr as Readable);
const client = new Client({ name: "example", version: "1.0.0" });
await client.connect(gateway);
console.log(`connected to ${client.getServerVersion()?.name} through the gateway\n`);

await call("echo", { message: "Ahoy" });
await call("echo", { message: "the key is AKIAIOSFODNN7EXAMPLE" });
await call("get-env");
await call("echo", { message: "SSN 078-05-1120" });
await call("get-sum", { a: 2, b: 3 });
await call("echo", { message: "Ahoy" });
await client.close();

console.log("\nthe gateway's log, a few fields of each line");
for (const line of await log) console.log(`  ${line}`);

async function call(name: string, args: Record<string, unknown> = {}): Promise<void> {
  console.log(`${name} ${JSON.stringify(args)}`);
  try {
    const { content } = await client.callTool({ name, arguments: args });
    for (const { text } of content as { text: string }[]) console.log(`  ${text}`);
  } catch (error) {
    console.log(`  ${(error as Error).message}`);
  }
}

/** Returns what the log says about tool calls. Every line is JSON, even the server's output. */
async function linesOf(stderr: Readable): Promise<readonly string[]> {
  const lines: string[] = [];
  for await (const line of createInterface({ input: stderr })) {
    const { event, method, name, outcome, plugin, code } = JSON.parse(line);
    if (event === "request" && method === "tools/call")
      lines.push([name, outcome, code, plugin && `by ${plugin}`].filter(Boolean).join(" "));
  }
  return lines;
}
