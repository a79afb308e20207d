/**
 * A server with almost no cost of its own, for both revisions of MCP: it returns texts of two
 * sizes, and has a tool that reports progress before its result.
 *
 *     node tools/bench/gateway/server.mjs     over stdio
 *     node tools/bench/gateway/server.mjs 0   over HTTP, on a free port, which it prints
 */
import { createServer } from "node:http";
import process from "node:process";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";

const row = (id) => ({ id, name: `name-${id}`, city: `city-${id % 50}`, state: "open" });
function textOf(bytes) {
  const one = JSON.stringify(row(100)).length + 1;
  return JSON.stringify(Array.from({ length: Math.round(bytes / one) }, (_, id) => row(id)));
}
const texts = { small: textOf(1_000), large: textOf(100_000), stream: "done" };
const inputSchema = { type: "object", properties: {} };
const list = Object.keys(texts).map((name) => ({ name, description: name, inputSchema }));
const serverInfo = { name: "bench", version: "1.0.0" };
const capabilities = { tools: {} };

function resultOf(method, params) {
  if (method === "initialize")
    return { protocolVersion: params.protocolVersion, capabilities, serverInfo };
  if (method === "server/discover")
    return { supportedVersions: ["2026-07-28"], capabilities, serverInfo };
  if (method === "tools/list") return { tools: list };
  if (method !== "tools/call") return {};
  const content = [{ type: "text", text: texts[params.name] }];
  return { content, resultType: "complete" };
}

const answerTo = ({ id, method, params }) => ({
  jsonrpc: "2.0",
  id,
  result: resultOf(method, params),
});

async function answer(request, response) {
  if (request.method !== "POST") return response.writeHead(405).end();
  const message = JSON.parse(await text(request));
  if (message.id === undefined) return response.writeHead(202).end();
  if (message.params?.name !== "stream") {
    const body = JSON.stringify(answerTo(message));
    const length = Buffer.byteLength(body);
    const headers = { "content-type": "application/json", "content-length": length };
    return response.writeHead(200, headers).end(body);
  }
  const event = (document) => `event: message\ndata: ${JSON.stringify(document)}\n\n`;
  const { progressToken } = message.params._meta;
  const params = { progressToken, progress: 1 };
  response.writeHead(200, { "content-type": "text/event-stream" });
  response.write(event({ jsonrpc: "2.0", method: "notifications/progress", params }));
  setTimeout(() => response.end(event(answerTo(message))), 5);
}

const [port] = process.argv.slice(2);
if (port === undefined) {
  for await (const line of createInterface({ input: process.stdin })) {
    const message = JSON.parse(line);
    if (message.id !== undefined) process.stdout.write(`${JSON.stringify(answerTo(message))}\n`);
  }
} else {
  const server = createServer((request, response) => void answer(request, response));
  server.keepAliveTimeout = 0;
  server.listen(Number(port), "127.0.0.1", () => {
    process.stdout.write(`http://127.0.0.1:${server.address().port}/mcp\n`);
  });
}
