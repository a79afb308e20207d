/**
 * A minimal proxy on the gateway's own libraries, hono and undici. It inspects nothing.
 *
 *     node tools/bench/gateway/bare-proxy.mjs http://127.0.0.1:3001/mcp
 */
import process from "node:process";
import { Readable } from "node:stream";
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { Agent, request } from "undici";

const [upstream] = process.argv.slice(2);
const dispatcher = new Agent({ bodyTimeout: 0 });
const app = new Hono();
app.post("/mcp", async (context) => {
  const { req } = context;
  const headers = {};
  for (const name of ["accept", "content-type", "mcp-session-id", "mcp-protocol-version"]) {
    const value = req.header(name);
    if (value !== undefined) headers[name] = value;
  }
  const sent = { method: "POST", headers, body: await req.text(), dispatcher };
  const { statusCode, headers: got, body } = await request(upstream, sent);
  const type = { "content-type": got["content-type"] ?? "" };
  if (got["content-type"] === "text/event-stream")
    return new Response(Readable.toWeb(body), { status: statusCode, headers: type });
  return context.body(await body.text(), statusCode, type);
});
serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }, ({ port }) => {
  process.stdout.write(`http://127.0.0.1:${port}/mcp\n`);
});
