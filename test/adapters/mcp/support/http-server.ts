import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import { listen } from "../../../support/listening.ts";
import type { Json } from "./raw.ts";

/** An HTTP request as it arrived. */
interface Arrived {
  readonly verb: string;
  readonly headers: IncomingHttpHeaders;
  /** The JSON-RPC message, if the body is one. */
  readonly message: Json;
  readonly body: string;
}

/** Answers a request, and returns true; false leaves the answer to the server. */
export type Answering = (arrived: Arrived, response: ServerResponse) => boolean | Promise<boolean>;

/** An MCP server over real HTTP that records what arrives. */
export async function httpServer(answering: Answering = () => false) {
  const arrived: Arrived[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    const one = {
      verb: `${request.method}`,
      headers: request.headers,
      message: jsonIn(body),
      body,
    };
    arrived.push(one);
    if (!(await answering(one, response))) reply(one, response);
  });
  const { url, close } = await listen(server);
  return {
    url: new URL(`${url}/mcp`),
    arrived,
    /** The requests that arrived with a method. */
    of: (method: string) => arrived.filter(({ message }) => message.method === method),
    close,
  };
}

function jsonIn(body: string): Json {
  try {
    return JSON.parse(body) as Json;
  } catch {
    return {};
  }
}

const initialized = {
  protocolVersion: "2025-06-18",
  capabilities: { tools: {} },
  serverInfo: { name: "recorder", version: "1.0.0" },
};

function reply({ verb, message }: Arrived, response: ServerResponse): void {
  if (verb !== "POST") response.writeHead(405).end();
  else if (message.id === undefined) response.writeHead(202).end();
  else json(response, resultFor(message));
}

/** The result that this server returns for a request. */
export function resultFor({ id, method }: Json): Json {
  const results: Record<string, object> = {
    initialize: initialized,
    "tools/call": { content: [{ type: "text", text: "done" }] },
  };
  const found = results[String(method)];
  const error = { code: -32601, message: "No such method" };
  return { jsonrpc: "2.0", id, ...(found === undefined ? { error } : { result: found }) };
}

export function json(response: ServerResponse, value: object): void {
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(value));
}
