/** HTTP servers of a test, in this process, and a gateway in front of them. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { PassThrough } from "node:stream";
import type { ConfigInput } from "glassine/gateway";
import { expect } from "vitest";
import { afterTest } from "../../../support/cleanup.ts";
import { listen } from "../../../support/listening.ts";
import { type Caller, callerOf, initialize } from "../../run/support/caller.ts";
import type { Message } from "../../run/support/fake-server.ts";
import { type Started, startGateway } from "../../run/support/gateway.ts";

/** A request, and ways to answer it later. */
export interface Came {
  readonly message: Message;
  readonly params: Readonly<Record<string, unknown>>;
  readonly headers: IncomingMessage["headers"];
  /** Sends a message on the stream of the request; the first one opens the stream. */
  tell(message: object): void;
  answer(result: object): void;
  fail(code: number, text?: string, data?: object): void;
}

/** Results by method: `undefined` for a late answer or none; a thrown number is an error code. */
export type Answers = Readonly<Record<string, (came: Came) => object | undefined>>;

export interface TestServer {
  readonly url: string;
  readonly came: readonly Came[];
  of(method: string): readonly Came[];
  /** Sends a message on the standalone streams of all sessions. */
  push(message: object): void;
  /** From now on, the server does not know its sessions, and says so with this status. */
  endSessions(status?: 404 | 400): void;
  /** Closes the server; from then on it cannot be reached. */
  close(): Promise<void>;
}

const everyCapability = {
  completions: {},
  logging: {},
  prompts: {},
  resources: { subscribe: true },
  tasks: { list: {}, cancel: {} },
  tools: { listChanged: true },
};

export async function testServer(
  answers: Answers = {},
  capabilities: object = everyCapability,
): Promise<TestServer> {
  const came: Came[] = [];
  const sessions = new Set<string>();
  let unknownStatus = 404;
  const streams = new Set<ServerResponse>();
  const greet = ({ params }: Came) => ({
    protocolVersion: params.protocolVersion,
    capabilities,
    serverInfo: { name: "test", version: "1.0.0" },
  });
  const known: Answers = { initialize: greet, "logging/setLevel": () => ({}), ...answers };

  const server = createServer(async (request, response) => {
    const session = String(request.headers["mcp-session-id"] ?? "");
    if (session !== "" && !sessions.has(session)) {
      // As the official SDK says it.
      const error = { code: -32001, message: "Session not found" };
      response.writeHead(unknownStatus, { "content-type": "application/json" });
      return void response.end(JSON.stringify({ jsonrpc: "2.0", error, id: null }));
    }
    if (request.method === "GET") {
      response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
      streams.add(response);
      return;
    }
    if (request.method === "DELETE") return void response.writeHead(200).end();
    let raw = "";
    for await (const chunk of request) raw += chunk;
    const message = JSON.parse(raw) as Message;
    const one = cameOf(message, request, response);
    came.push(one);
    if (message.method === undefined || message.id === undefined) {
      response.writeHead(202).end();
      return;
    }
    if (message.method === "initialize") {
      const id = crypto.randomUUID();
      sessions.add(id);
      response.setHeader("mcp-session-id", id);
    }
    const answer = known[message.method];
    try {
      const result = answer === undefined ? one.fail(-32601) : answer(one);
      if (result !== undefined) one.answer(result);
    } catch (code) {
      if (typeof code !== "number") throw code;
      one.fail(code);
    }
  });
  server.keepAliveTimeout = 0;
  const { url, close } = await listen(server);
  const made: TestServer = {
    came,
    url: `${url}/mcp`,
    of: (method) => came.filter(({ message }) => message.method === method),
    push(message) {
      for (const stream of streams) stream.write(eventOf(message));
    },
    endSessions(status = 404) {
      unknownStatus = status;
      sessions.clear();
    },
    close,
  };
  afterTest(made.close);
  return made;
}

function cameOf(message: Message, request: IncomingMessage, response: ServerResponse): Came {
  const { id } = message;
  const isModern = request.headers["mcp-protocol-version"] === "2026-07-28";
  const isStream = () => response.headersSent;
  const end = (document: object) => {
    if (isStream()) return void response.end(eventOf(document));
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ jsonrpc: "2.0", ...document }));
  };
  return {
    message,
    params: message.params ?? {},
    headers: request.headers,
    tell(document) {
      if (!isStream()) response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(eventOf(document));
    },
    answer: (result) =>
      end({ id, result: { ...(isModern && { resultType: "complete" }), ...result } }),
    fail: (code, text = "no", data) => end({ id, error: { code, message: text, data } }),
  };
}

function eventOf(document: object): string {
  return `data: ${JSON.stringify({ jsonrpc: "2.0", ...document })}\n\n`;
}

/** A tool result whose content is one text. */
export function says(text: string): object {
  return { content: [{ type: "text", text }] };
}

type Servers = Readonly<Record<string, TestServer>>;
/** The configuration of the gateway; `of` has the settings of individual servers. */
export interface Before extends Omit<ConfigInput, "servers"> {
  readonly of?: Readonly<Record<string, object>>;
}

function configOf(servers: Servers, { of = {}, ...config }: Before): ConfigInput {
  const each = Object.entries(servers).map(
    ([name, { url }]) => [name, { url, ...of[name] }] as const,
  );
  const limits = { shutdownMs: 50, ...config.limits };
  return { servers: Object.fromEntries(each), ...config, limits } as ConfigInput;
}

export interface OverStdio extends Started {
  /** Everything that the caller received, in order. */
  readonly said: readonly Message[];
  send(...messages: object[]): void;
  /** Sends a request, and waits for its answer. */
  ask(method: string, params?: object): Promise<Message>;
  /** The messages of a method that the caller received. */
  heard(method: string): readonly Message[];
}

/** A caller over stdio, whose session has begun; one stream carries everything it receives. */
export async function overStdio(
  servers: Servers,
  config: Before = {},
  plugins?: Parameters<typeof startGateway>[1],
): Promise<OverStdio> {
  const stdin = new PassThrough();
  const stdout = new PassThrough();
  const made = await startGateway({ ...configOf(servers, config), listen: undefined }, plugins, {
    stdio: { stdin, stdout },
  });
  afterTest(made.close);
  const said: Message[] = [];
  let line = "";
  stdout.on("data", (chunk: Buffer) => {
    const lines = (line + chunk.toString()).split("\n");
    line = lines.pop() ?? "";
    for (const each of lines) said.push(JSON.parse(each) as Message);
  });
  const send = (...messages: object[]) => {
    for (const each of messages) stdin.write(`${JSON.stringify({ jsonrpc: "2.0", ...each })}\n`);
  };
  let last = 0;
  const ask = async (method: string, params: object = {}) => {
    last += 1;
    const id = last;
    send({ id, method, params });
    return answerTo(id);
  };
  const answerTo = async (id: number) => {
    const find = () => said.find((each) => each.id === id && each.method === undefined);
    await expect.poll(find).toBeDefined();
    return find() as Message;
  };
  await ask("initialize", initialize.params);
  send({ method: "notifications/initialized" });
  const heard = (method: string) => said.filter((each) => each.method === method);
  return { ...made, said, send, ask, heard };
}

const byProxy = { trustedHeaders: { from: ["127.0.0.1"], subject: "x-user" } };

export async function overHttp(
  servers: Servers,
  config: Before = {},
  plugins?: Parameters<typeof startGateway>[1],
): Promise<Started> {
  const made = await startGateway({ identity: byProxy, ...configOf(servers, config) }, plugins);
  afterTest(made.close);
  return made;
}

const modern = {
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientCapabilities": {},
};
const names: Readonly<Record<string, string>> = { "resources/read": "uri", "tools/call": "name" };

/** The document and headers of a request of MCP 2026-07-28. */
export function exchangeOf(
  id: unknown,
  method: string,
  params: Readonly<Record<string, unknown>> = {},
) {
  const field = method.startsWith("tasks/") ? "taskId" : (names[method] ?? "none");
  const name = params[field];
  const meta = { ...modern, ...(params._meta as object | undefined) };
  return {
    body: { jsonrpc: "2.0", id, method, params: { ...params, _meta: meta } },
    headers: {
      "mcp-protocol-version": "2026-07-28",
      "mcp-method": method,
      ...(typeof name === "string" && { "mcp-name": name }),
    },
  };
}

/** Makes an exchange, and returns its answer. */
export async function exchange(
  caller: Caller | URL,
  method: string,
  params: Readonly<Record<string, unknown>> = {},
): Promise<Message> {
  const { body, headers } = exchangeOf(1, method, params);
  const from = caller instanceof URL ? callerOf(caller, { "x-user": "ada" }) : caller;
  const { messages } = await from.post(body, { headers });
  return messages.at(-1) as Message;
}
