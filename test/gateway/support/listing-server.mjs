// A server over stdio whose tools are in a file, read anew for each page. `modern` has no sessions.
import { readFileSync } from "node:fs";
import process from "node:process";
import { createInterface } from "node:readline";

const [, , file, era] = process.argv;
const send = (message) =>
  process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);

/** Returns one tool per page. */
function page(cursor = "0") {
  const tools = JSON.parse(readFileSync(file, "utf8"));
  const at = Number(cursor);
  const more = at + 1 < tools.length ? { nextCursor: String(at + 1) } : {};
  return { tools: tools.slice(at, at + 1), ...more };
}

for await (const line of createInterface({ input: process.stdin })) {
  const { id, method, params } = JSON.parse(line);
  if (method === "initialize" && era === "modern")
    send({ id, error: { code: -32022, message: "Unsupported protocol version" } });
  else if (method === "initialize")
    send({
      id,
      result: {
        protocolVersion: params.protocolVersion,
        capabilities: { tools: {} },
        serverInfo: { name: "listing", version: "1.0.0" },
      },
    });
  else if (method === "tools/list") send({ id, result: page(params?.cursor) });
  else if (method === "tools/call")
    send({ id, result: { content: [{ type: "text", text: `called ${params.name}` }] } });
  else if (id !== undefined) send({ id, result: {} });
}
