/** Every message of a real server, in and out of messages, over both of its transports. */
import type { Message } from "glassine";
import * as mcp from "glassine/mcp";
import { describe, expect, it } from "vitest";
import {
  connectEverything,
  doEverything,
  type Elicited,
  startHttp,
  type Tap,
} from "./support/everything.ts";

type Json = Record<string, unknown>;
type Wire = Tap["sent"][number];

/** Accepts: a form filled in with its defaults, or a page that is to be opened. */
function accepted(params: Json): Elicited {
  const { properties } = Object(params.requestedSchema) as { properties?: Record<string, Json> };
  if (properties === undefined) return { action: "accept" };
  const content = Object.entries(properties).flatMap(([key, schema]) => {
    const value = schema.default ?? (key === "name" ? "Ada" : undefined);
    return value === undefined ? [] : [[key, value]];
  });
  return { action: "accept", content: Object.fromEntries(content) };
}

interface Pair {
  readonly from: (document: object) => mcp.Read;
  readonly to: (messages: readonly Message[], onto: object) => mcp.Written<object>;
}

function requestPair(method: unknown, id: string): Pair | undefined {
  switch (method) {
    case "tools/call":
      return {
        from: (params) => mcp.fromToolCall(params, { id }),
        to: (messages, onto) => mcp.toToolCall(messages, { id, onto }),
      };
    case "prompts/get":
      return {
        from: (params) => mcp.fromPromptRequest(params, { id }),
        to: (messages, onto) => mcp.toPromptRequest(messages, { id, onto }),
      };
    case "resources/read":
      return {
        from: (params) => mcp.fromResourceRequest(params, { id }),
        to: (messages, onto) => mcp.toResourceRequest(messages, { id, onto }),
      };
    case "sampling/createMessage":
      return {
        from: (params) => mcp.fromSamplingRequest(params, { id }),
        to: (messages, onto) => mcp.toSamplingRequest(messages, { id, onto }),
      };
    case "elicitation/create":
      return {
        from: (params) => mcp.fromElicitationRequest(params, { id }),
        to: (messages, onto) => mcp.toElicitationRequest(messages, { id, onto }),
      };
    default:
      return undefined;
  }
}

function resultPair(method: unknown, id: string, name: string): Pair | undefined {
  switch (method) {
    case "tools/call":
      return {
        from: (result) => mcp.fromToolResult(result, { id, name }),
        to: (messages, onto) => mcp.toToolResult(messages, { id, name, onto }),
      };
    case "prompts/get":
      return {
        from: (result) => mcp.fromPromptResult(result, { id, name }),
        to: (messages, onto) => mcp.toPromptResult(messages, { id, name, onto }),
      };
    case "resources/read":
      return {
        from: (result) => mcp.fromResourceResult(result, { id }),
        to: (messages, onto) => mcp.toResourceResult(messages, { id, onto }),
      };
    case "sampling/createMessage":
      return {
        from: (result) => mcp.fromSamplingResult(result, { id }),
        to: (messages, onto) => mcp.toSamplingResult(messages, { id, onto }),
      };
    case "elicitation/create":
      return {
        from: (result) => mcp.fromElicitationResult(result, { id }),
        to: (messages, onto) => mcp.toElicitationResult(messages, { id, onto }),
      };
    case "tasks/get":
      return {
        from: (task) => mcp.fromTask(task, { id, name }),
        to: (messages, onto) => mcp.toTask(messages, { id, name, onto }),
      };
    default:
      return undefined;
  }
}

/** Takes a document in and out; what the messages say of it. */
function inAndOut({ from, to }: Pair, document: object): mcp.Read {
  const read = from(document);
  const written = to(read.messages, document);
  expect(written.document).toEqual(document);
  expect(written.lost).toEqual([]);
  return read;
}

/** Requests whose params and results are about the protocol, or list what there is. */
const besides = [
  "initialize",
  "tools/list",
  "prompts/list",
  "resources/list",
  "resources/templates/list",
  "roots/list",
  "logging/setLevel",
  "ping",
  "tasks/get",
  "tasks/result",
];

/** Goes through the traffic of one direction: requests, and what came back for them. */
function walk(requests: readonly Wire[], answers: readonly Wire[]) {
  const seen = { requests: [] as string[], results: [] as string[], errors: 0, tasks: 0 };
  const content: string[] = [];
  const byId = new Map(answers.filter(isAnswer).map((answer) => [answer.id, answer]));
  /** The method and name of the call that a task is of. */
  const tasks = new Map<unknown, readonly [method: unknown, name: string]>();
  for (const { id, method, params } of requests) {
    if (id === undefined || method === undefined) continue;
    const said = Object(params) as Json;
    const name = String(said.name ?? said.uri ?? "");
    const asked = requestPair(method, String(id));
    if (asked === undefined) expect(besides).toContain(method);
    else {
      note(inAndOut(asked, said), content);
      seen.requests.push(`${method} ${name}`);
    }
    const answer = byId.get(id);
    if (answer === undefined) continue;
    if (answer.error !== undefined) {
      seen.errors += 1;
      continue;
    }
    const result = answer.result as Json;
    const { taskId } = Object(result.task) as Json;
    if (taskId !== undefined) {
      tasks.set(taskId, [method, name]);
      seen.tasks += 1;
      continue;
    }
    const [of, tool] = method === "tasks/result" ? (tasks.get(said.taskId) ?? []) : [method, name];
    const given = resultPair(of, String(id), tool ?? "");
    if (given === undefined) expect(besides).toContain(of);
    else {
      note(inAndOut(given, result), content);
      seen.results.push(`${method} ${name}`);
    }
  }
  return { ...seen, content, answers: byId.size };
}

function isAnswer(message: Wire): boolean {
  return message.id !== undefined && message.method === undefined;
}

function note({ left }: mcp.Read, content: string[]): void {
  for (const { path, kind } of left) if (kind === "content") content.push(path);
}

describe.each(["stdio", "streamable HTTP"])("server-everything over %s", (transport) => {
  it("has every message in and out unchanged", async () => {
    const http = transport === "stdio" ? undefined : await startHttp();
    try {
      const { client, below } = await connectEverything(
        (inner) => inner,
        http?.transport,
        accepted,
      );
      await doEverything(client);
      const url = { url: "https://example.org/", elicitationId: "e2" };
      await client.callTool({ name: "trigger-url-elicitation", arguments: url });
      const { tools } = await client.listTools();
      const { prompts } = await client.listPrompts();
      const { resources } = await client.listResources();
      await client.close();

      const ours = walk(below.sent, below.received);
      const theirs = walk(below.received, below.sent);
      const all = [
        ...tools.map(({ name }) => `tools/call ${name}`),
        ...prompts.map(({ name }) => `prompts/get ${name}`),
        ...resources.map(({ uri }) => `resources/read ${uri}`),
      ];
      expect(ours.requests).toEqual(expect.arrayContaining(all));
      console.log(transport, tools.length, prompts.length, resources.length, ours, theirs);
    } finally {
      http?.server.kill();
    }
  }, 120_000);
});
