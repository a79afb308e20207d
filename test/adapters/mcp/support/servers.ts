import { Client as ClientV2, InMemoryTransport as MemoryV2 } from "@modelcontextprotocol/client";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import { InMemoryTransport as MemoryV1 } from "@modelcontextprotocol/sdk/inMemory.js";
import { Server as ServerV1 } from "@modelcontextprotocol/sdk/server/index.js";
import {
  CallToolRequestSchema,
  GetPromptRequestSchema,
  ReadResourceRequestSchema,
} from "@modelcontextprotocol/sdk/types.js";
import { Server as ServerV2 } from "@modelcontextprotocol/server";
import { type AnyHookManager, createGuard, type GuardOptions } from "glassine/mcp";

const info = { name: "test", version: "1.0.0" };
const capabilities = { tools: {}, prompts: {}, resources: {} };

/** What a server of these tests was asked, and what its tools do. */
export interface Backend {
  readonly asked: { readonly method: string; readonly params: unknown }[];
  /** The tool `slow` waits for this. */
  hold: Promise<void>;
}

export function createBackend(): Backend {
  return { asked: [], hold: Promise.resolve() };
}

type Notify = (method: "notifications/progress", params: object) => Promise<void>;

async function callTool(backend: Backend, params: ToolParams, notify: Notify, signal: AbortSignal) {
  backend.asked.push({ method: "tools/call", params });
  const { name, arguments: args = {} } = params;
  if (name === "break")
    throw Object.assign(new Error("disk /srv/7 is full"), { code: -32050, data: { disk: 7 } });
  if (name === "slow") {
    const progressToken = params._meta?.progressToken;
    for (const progress of progressToken === undefined ? [] : [1, 2, 3]) {
      await notify("notifications/progress", { progressToken, progress, total: 3 });
    }
    await backend.hold;
    if (signal.aborted) throw new Error("aborted");
  }
  return {
    content: [
      { type: "text" as const, text: JSON.stringify(args) },
      { type: "image" as const, data: "AAAA", mimeType: "image/png" },
    ],
    structuredContent: { args },
    _meta: { "org.example/trace": name },
  };
}

interface ToolParams {
  readonly name: string;
  readonly arguments?: Record<string, unknown> | undefined;
  readonly _meta?: { readonly progressToken?: string | number | undefined } | undefined;
}

function getPrompt(
  backend: Backend,
  params: { name: string; arguments?: Record<string, string> | undefined },
) {
  backend.asked.push({ method: "prompts/get", params });
  const who = params.arguments?.who ?? "nobody";
  return {
    description: `about ${who}`,
    messages: [
      { role: "user" as const, content: { type: "text" as const, text: `Brief ${who}.` } },
      { role: "assistant" as const, content: { type: "text" as const, text: "Certainly." } },
    ],
  };
}

function readResource(backend: Backend, params: { uri: string }) {
  backend.asked.push({ method: "resources/read", params });
  return {
    contents: [
      { uri: params.uri, mimeType: "text/plain", text: "lamp 1 lit" },
      { uri: `${params.uri}#2`, mimeType: "image/png", blob: "AAAA" },
    ],
  };
}

export function serverV1(backend: Backend) {
  const server = new ServerV1(info, { capabilities });
  server.setRequestHandler(CallToolRequestSchema, ({ params }, extra) =>
    callTool(
      backend,
      params,
      (method, progress) => extra.sendNotification({ method, params: progress } as never),
      extra.signal,
    ),
  );
  server.setRequestHandler(GetPromptRequestSchema, ({ params }) => getPrompt(backend, params));
  server.setRequestHandler(ReadResourceRequestSchema, ({ params }) =>
    readResource(backend, params),
  );
  return server;
}

export function serverV2(backend: Backend) {
  const server = new ServerV2(info, { capabilities });
  server.setRequestHandler("tools/call", ({ params }, ctx) =>
    callTool(
      backend,
      { ...params, _meta: ctx.mcpReq._meta } as ToolParams,
      (method, progress) => ctx.mcpReq.notify({ method, params: progress } as never),
      ctx.mcpReq.signal,
    ),
  );
  server.setRequestHandler("prompts/get", ({ params }) => getPrompt(backend, params));
  server.setRequestHandler("resources/read", ({ params }) => readResource(backend, params));
  return server;
}

export type Sdk = "v1" | "v2";
export type Side = "client" | "server" | "neither";

/** The four positions of a guard in a pair, for `describe.each`. */
export const stands: readonly { readonly sdk: Sdk; readonly side: Side }[] = [
  { sdk: "v1", side: "client" },
  { sdk: "v1", side: "server" },
  { sdk: "v2", side: "client" },
  { sdk: "v2", side: "server" },
];

/** The part of both clients that the tests use. */
export interface TestClient {
  callTool(params: object, ...rest: unknown[]): Promise<Record<string, unknown>>;
  getPrompt(params: object): Promise<Record<string, unknown>>;
  readResource(params: object): Promise<Record<string, unknown>>;
  ping(): Promise<unknown>;
  close(): Promise<void>;
  onerror?: ((error: Error) => void) | undefined;
}

export interface CallOptions {
  readonly onprogress?: (progress: { progress: number }) => void;
  readonly signal?: AbortSignal;
  readonly timeout?: number;
}

/** A client and a server in one process, with a guard on one side of the wire. */
export async function connect(
  stand: { readonly sdk: Sdk; readonly side: Side },
  manager: AnyHookManager,
  options: GuardOptions = {},
) {
  const backend = createBackend();
  const errors: Error[] = [];
  const guard = createGuard(manager, options);
  const guarded = <Transport extends MemoryV1 | MemoryV2>(transport: Transport, side: Side) =>
    stand.side === side ? guard.wrap(transport) : transport;

  if (stand.sdk === "v1") {
    const [near, far] = MemoryV1.createLinkedPair();
    const server = serverV1(backend);
    const client = new ClientV1(info);
    client.onerror = (error) => errors.push(error);
    await server.connect(guarded(far, "server"));
    await client.connect(guarded(near, "client"));
    const call = (params: object, callOptions?: CallOptions) =>
      client.callTool(params as never, undefined, callOptions as never);
    return { client: client as unknown as TestClient, call, server, backend, errors };
  }
  const [near, far] = MemoryV2.createLinkedPair();
  const server = serverV2(backend);
  const client = new ClientV2(info);
  client.onerror = (error) => errors.push(error);
  await server.connect(guarded(far, "server"));
  await client.connect(guarded(near, "client"));
  const call = (params: object, callOptions?: CallOptions) =>
    client.callTool(params as never, callOptions as never);
  return { client: client as unknown as TestClient, call, server, backend, errors };
}
