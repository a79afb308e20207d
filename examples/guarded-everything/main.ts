/**
 * A real MCP client talks to the real server-everything over stdio, through the guard.
 * Run it with `npm run start:guard`.
 */
import { createRequire } from "node:module";
import process from "node:process";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import {
  addLabels,
  createExtensions,
  createPluginManager,
  type Extensions,
  withSlots,
} from "glassine";
import { createGuard, type GuardEvent } from "glassine/mcp";
import { egressGuard, mischief, oldLogger, piiScanner, traceHeader } from "./plugins.ts";
import { printHook } from "./report.ts";

const manager = await createPluginManager({
  plugins: [
    oldLogger,
    piiScanner,
    traceHeader,
    { plugin: mischief, onError: "ignore" },
    egressGuard,
  ],
});

// What the host knows: the caller, the caller's roles and the session's labels.
let session: Extensions = createExtensions({
  security: {
    labels: ["INTERNAL"],
    subject: { id: "ada", type: "user", roles: ["analyst"], claims: { email: "ada@example.com" } },
  },
  http: { headers: { Authorization: "Bearer demo" } },
});

let latest = session;

/** Reports every hook that ran. The session carries the labels of one call to the next. */
function onResult({ point, result }: GuardEvent<Extensions>): void {
  if (result === undefined) return;
  printHook(point, result);
  latest = result.extensions;
  session = addLabels(session, latest.security?.labels ?? []);
}

const server = createRequire(import.meta.url).resolve(
  "@modelcontextprotocol/server-everything/dist/index.js",
);
const stdio = new StdioClientTransport({
  command: process.execPath,
  args: [server, "stdio"],
  stderr: "ignore",
});
console.log("the handshake");
const guard = createGuard(manager, {
  serverId: "everything",
  envelope: ({ mcp }) => withSlots(session, { mcp }),
  onResult,
  // For trace-header: stdio carries no headers, and the guard warns of plugins without effect.
  onWarning: (text) => console.log(`  warning: ${text}`),
});
const client = new Client({ name: "guarded-everything", version: "1.0.0" });
await client.connect(guard.wrap(stdio));
console.log(`connected to ${client.getServerVersion()?.name} through the guard`);
console.log("a line a plugin: the gated slots it sees, then what it changed and what was refused");

async function show(title: string, call: () => Promise<unknown>): Promise<void> {
  console.log(`\n${title}`);
  try {
    console.log(`  answer: ${JSON.stringify(await call()).slice(0, 96)}`);
  } catch (error) {
    console.log(`  error:  ${(error as Error).message}`);
  }
}

const tool = (name: string, args: Record<string, unknown>) => async () =>
  (await client.callTool({ name, arguments: args })).content;

await show('tool echo, "Ahoy"', tool("echo", { message: "Ahoy" }));
await show("tool get-sum, 2 + 3", tool("get-sum", { a: 2, b: 3 }));
await show("tool get-env, as an analyst", tool("get-env", {}));
await show(
  "prompt simple-prompt",
  async () => (await client.getPrompt({ name: "simple-prompt" })).messages,
);
await show(
  "tool echo, with a social security number",
  tool("echo", { message: "SSN 078-05-1120" }),
);
await show("tool get-sum again, in the session that has seen PII", tool("get-sum", { a: 2, b: 3 }));

const headers = Object.keys(latest.http?.headers ?? {});
console.log(`\nlabels at the end: ${session.security?.labels.join(", ")}`);
console.log(`subject at the end: ${latest.security?.subject?.id}`);
console.log(`headers at the end: ${headers.join(", ")}`);
await client.close();
await manager.close();
