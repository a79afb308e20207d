/** A server over HTTP, in this process, that answers calls as a test says. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { listen } from "../../../support/listening.ts";

export interface Message {
  readonly jsonrpc: "2.0";
  readonly id?: string | number;
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly result?: unknown;
  readonly error?: unknown;
}

/** A received message, and ways to answer it. */
export interface Came {
  readonly message: Message;
  readonly raw: string;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly session: string | undefined;
  /** Answers as JSON. */
  answer(text: string, more?: object): void;
  /** Sends an event; the first one opens the stream. */
  tell(message: object): void;
  end(): void;
}

export interface FakeServer {
  readonly url: string;
  readonly came: readonly Came[];
  /** The standalone streams, by session. */
  readonly streams: ReadonlyMap<string, ServerResponse>;
  /** How many sessions the gateway has ended. */
  readonly ended: number;
  /** The received messages of a method. */
  of(method: string): readonly Came[];
  close(): Promise<void>;
}

const initialized = {
  capabilities: { tools: {}, logging: {}, resources: {} },
  serverInfo: { name: "fake", version: "1.0.0" },
};

const onCallMethods = ["tools/call", "subscriptions/listen", "notifications/test"];

/**
 * @param onCall answers `onCallMethods`, or leaves them unanswered
 * @param result answers everything else
 */
export async function fakeServer(
  onCall: (came: Came) => unknown,
  result: object = { tools: [] },
  port = 0,
): Promise<FakeServer> {
  const came: Came[] = [];
  const streams = new Map<string, ServerResponse>();
  let ended = 0;
  const server = createServer(async (request, response) => {
    const session = request.headers["mcp-session-id"];
    const own = typeof session === "string" ? session : undefined;
    if (request.method === "GET") {
      response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
      streams.set(own ?? "", response);
      return;
    }
    if (request.method === "DELETE") {
      ended += 1;
      return void response.writeHead(200).end();
    }
    let raw = "";
    for await (const chunk of request) raw += chunk;
    const message = JSON.parse(raw) as Message;
    const one = cameOf(message, { raw, request, response, session: own });
    came.push(one);
    if (message.method !== undefined && onCallMethods.includes(message.method)) return onCall(one);
    if (message.id === undefined || message.method === undefined)
      return void response.writeHead(202).end();
    if (message.method === "initialize") {
      response.setHeader("mcp-session-id", crypto.randomUUID());
      const { protocolVersion } = message.params ?? {};
      return json(response, { id: message.id, result: { protocolVersion, ...initialized } });
    }
    json(response, { id: message.id, result });
  });
  // A busy test must not reuse a connection that is just being closed.
  server.keepAliveTimeout = 0;
  const { url, close } = await listen(server, port);
  return {
    came,
    streams,
    get ended() {
      return ended;
    },
    url: `${url}/mcp`,
    of: (method) => came.filter(({ message }) => message.method === method),
    close,
  };
}

function cameOf(
  message: Message,
  rest: Pick<Came, "raw" | "request" | "response" | "session">,
): Came {
  const { response } = rest;
  return {
    message,
    ...rest,
    answer(text, more = {}) {
      const result = { content: [{ type: "text", text }], ...more };
      json(response, { id: message.id, result });
    },
    tell(document) {
      if (!response.headersSent) response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(`data: ${JSON.stringify({ jsonrpc: "2.0", ...document })}\n\n`);
    },
    end: () => void response.end(),
  };
}

function json(response: ServerResponse, document: object): void {
  if (!response.headersSent) response.setHeader("content-type", "application/json");
  response.end(JSON.stringify({ jsonrpc: "2.0", ...document }));
}
