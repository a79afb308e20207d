/** An HTTP server that misbehaves as the name of the called tool says. */
import { createServer } from "node:http";

const text = (id, said = "fine") => ({ id, result: { content: [{ type: "text", text: said }] } });
const large = "x".repeat(100_000);

/** Handlers by tool; `tell` sends an event. */
const tools = {
  answers: ({ id, tell, end }) => end(tell(text(id))),
  large: ({ id, tell, end }) => end(tell(text(id, large))),
  lies({ id, tell, end }) {
    for (const other of ["nobody", -1, `${id}`]) tell(text(other));
    end(tell(text(id)));
  },
  hangs() {},
  dies: ({ response }) => response.destroy(),
  stops({ tell, response }) {
    tell({ method: "notifications/message", params: { level: "info", data: "so far" } });
    response.destroy();
  },
  twice({ id, tell, end }) {
    tell(text(id));
    end(tell(text(id)));
  },
  garbage({ response }) {
    response.end("data: this is no message\n\n");
  },
};

const initialized = (version) => ({
  protocolVersion: version,
  capabilities: { tools: {}, logging: {} },
  serverInfo: { name: "bad", version: "1.0.0" },
});

export async function startBadServer() {
  let sessions = 0;
  const server = createServer(async (request, response) => {
    if (request.method === "GET") {
      response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
      return;
    }
    let body = "";
    for await (const chunk of request) body += chunk;
    const { id, method, params } = body === "" ? {} : JSON.parse(body);
    if (id === undefined) return response.writeHead(202).end();
    const json = (result, headers = {}) =>
      response
        .writeHead(200, { "content-type": "application/json", ...headers })
        .end(JSON.stringify({ jsonrpc: "2.0", id, result }));
    if (method === "initialize") {
      sessions += 1;
      return json(initialized(params.protocolVersion), { "mcp-session-id": `s${sessions}` });
    }
    if (method !== "tools/call") return json({ tools: [] });
    response.writeHead(200, { "content-type": "text/event-stream" });
    const tell = (message) =>
      response.write(`data: ${JSON.stringify({ jsonrpc: "2.0", ...message })}\n\n`);
    tools[params.name]?.({ id, response, tell, end: () => response.end() });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}/mcp`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
