import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { InMemoryTaskStore } from "@modelcontextprotocol/sdk/experimental/tasks";
import type { RequestTaskStore } from "@modelcontextprotocol/sdk/shared/protocol.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  ListRootsRequestSchema,
} from "@modelcontextprotocol/sdk/types.js";
import { freePort } from "../../../../tools/real/free-port.ts";

type Message = Record<string, unknown>;

/** Records what passes a transport: the wire if below a guard, what the client saw if above it. */
export class Tap implements Transport {
  readonly #inner: Transport;
  readonly sent: Message[] = [];
  readonly received: Message[] = [];
  onmessage?: Transport["onmessage"];
  onclose?: () => void;
  onerror?: (error: Error) => void;

  constructor(inner: Transport) {
    this.#inner = inner;
  }

  async start(): Promise<void> {
    this.#inner.onmessage = (message, extra) => {
      this.received.push(structuredClone(message) as Message);
      this.onmessage?.(message, extra);
    };
    this.#inner.onclose = () => this.onclose?.();
    this.#inner.onerror = (error) => this.onerror?.(error);
    return this.#inner.start();
  }

  send(...args: Parameters<Transport["send"]>): Promise<void> {
    this.sent.push(structuredClone(args[0]) as Message);
    return this.#inner.send(...args);
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  setProtocolVersion(version: string): void {
    this.#inner.setProtocolVersion?.(version);
  }
}

const serverPath = createRequire(import.meta.url)
  .resolve("@modelcontextprotocol/server-everything/package.json")
  .replace(/package\.json$/, "dist/index.js");
const env = { PATH: process.env.PATH ?? "" };

function overStdio(): Transport {
  const args = [serverPath, "stdio"];
  return new StdioClientTransport({ command: process.execPath, args, env, stderr: "ignore" });
}

/** Starts the reference server as a process on a local port, with a transport to it. */
export async function startHttp(): Promise<{ transport: Transport; server: ChildProcess }> {
  const port = await freePort();
  const server = spawn(process.execPath, [serverPath, "streamableHttp"], {
    env: { ...env, PORT: String(port) },
    stdio: ["ignore", "ignore", "pipe"],
  });
  // It reports on stderr that it is listening.
  await once(server.stderr as NodeJS.ReadableStream, "data");
  return {
    // The class has `sessionId?: string | undefined`, which the interface does not allow.
    transport: new StreamableHTTPClientTransport(
      new URL(`http://localhost:${port}/mcp`),
    ) as Transport,
    server,
  };
}

/** A person's answer to an elicitation. */
export type Elicited = { action: "accept"; content?: Message } | { action: "decline" };

/** The reference server, with a client that can do everything it asks for. */
export async function connectEverything(
  wrap: (transport: Transport) => Transport,
  child: Transport = overStdio(),
  elicit: (params: Message) => Elicited = () => ({ action: "decline" }),
) {
  const below = new Tap(child);
  const above = new Tap(wrap(below));
  const client = new Client(
    { name: "test", version: "1.0.0" },
    {
      capabilities: {
        roots: {},
        sampling: {},
        elicitation: { form: {}, url: {} },
        tasks: { requests: { sampling: { createMessage: {} }, elicitation: { create: {} } } },
      },
      taskStore: new InMemoryTaskStore(),
    },
  );
  client.setRequestHandler(ListRootsRequestSchema, () => ({ roots: [{ uri: "file:///pier" }] }));
  const message = {
    role: "assistant" as const,
    content: { type: "text" as const, text: "Certainly." },
    model: "test",
  };
  client.setRequestHandler(CreateMessageRequestSchema, async ({ params }, { taskStore }) =>
    params.task === undefined ? message : asTask(taskStore, message),
  );
  client.setRequestHandler(ElicitRequestSchema, async ({ params }, { taskStore }) =>
    params.task === undefined ? elicit(params) : asTask(taskStore, elicit(params)),
  );
  await client.connect(above);
  // Some tools appear only once the server knows the client's capabilities; this is the last.
  const last = "trigger-elicitation-request-async";
  for (let turn = 0; turn < 50; turn++) {
    if ((await client.listTools()).tools.some((tool) => tool.name === last)) break;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return { client, below, above };
}

/** Answers a request with a task that completes a little later. */
async function asTask(store: RequestTaskStore | undefined, result: object): Promise<never> {
  const task = await store?.createTask({ ttl: 60_000 });
  if (task === undefined) throw new Error("no task store");
  setTimeout(() => void store?.storeTaskResult(task.taskId, "completed", result as never), 50);
  return { task } as never;
}

/** Arguments for the tools that need some. */
const toolArguments: Record<string, object> = {
  echo: { message: "lamp" },
  "get-annotated-message": { messageType: "error", includeImage: true },
  "get-resource-links": { count: 3 },
  "get-resource-reference": { resourceType: "Text", resourceId: 1 },
  "get-structured-content": { location: "Chicago" },
  "get-sum": { a: 2, b: 3 },
  "gzip-file-as-resource": { name: "a.gz", data: "data:text/plain,lamp", outputType: "resource" },
  "simulate-research-query": { topic: "lamps" },
  "trigger-long-running-operation": { duration: 0.2, steps: 2 },
  "trigger-sampling-request-async": { prompt: "Brief me.", maxTokens: 5 },
  "trigger-url-elicitation": { url: "https://example.org/", elicitationId: "e1", errorPath: true },
  "trigger-sampling-request": { prompt: "Brief me.", maxTokens: 5 },
};

/** Does everything the server offers, and returns all results by name. */
export async function doEverything(client: Client): Promise<Record<string, unknown>> {
  const results: Record<string, unknown> = {};
  const note = async (name: string, work: () => Promise<unknown>) => {
    results[name] = await work().catch((error: Error) => ({ failed: error.message }));
  };
  const { tools } = await client.listTools();
  for (const { name, execution } of tools) {
    const params = { name, arguments: { ...toolArguments[name] } };
    await note(`tool ${name}`, async () => {
      if (execution?.taskSupport !== "required")
        return client.callTool(params, undefined, { onprogress: () => {} });
      const steps: unknown[] = [];
      for await (const step of client.experimental.tasks.callToolStream(params)) {
        if (step.type === "result" || step.type === "error") steps.push(step);
      }
      return steps;
    });
  }
  const { prompts } = await client.listPrompts();
  for (const { name } of prompts) {
    const args = {
      city: "Oslo",
      department: "Sales",
      name: "Ann",
      resourceType: "Text",
      resourceId: "1",
    };
    await note(`prompt ${name}`, () => client.getPrompt({ name, arguments: args }));
  }
  const { resources } = await client.listResources();
  const uris = [
    "demo://resource/dynamic/text/1",
    "demo://resource/dynamic/blob/2",
    "demo://nowhere",
  ];
  for (const uri of [...resources.map((resource) => resource.uri), ...uris]) {
    await note(`resource ${uri}`, () => client.readResource({ uri }));
  }
  return results;
}
