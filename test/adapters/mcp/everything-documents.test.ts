/** Every message of a real server, read and written back, over both of its transports. */
// Only in test:all: it starts a real server.

import * as mcp from "glassine/mcp";
import type { Message } from "glassine/messages";
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

/** Accepts a form, filled in with its defaults, or a page that is to be opened. */
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

function errorPair(method: unknown, id: string, name: string): Pair | undefined {
  switch (method) {
    case "tools/call":
      return {
        from: (error) => mcp.fromToolError(error, { id, name }),
        to: (messages, onto) => mcp.toToolError(messages, { id, name, onto }),
      };
    case "prompts/get":
      return {
        from: (error) => mcp.fromPromptError(error, { id, name }),
        to: (messages, onto) => mcp.toPromptError(messages, { id, name, onto }),
      };
    case "resources/read":
      return {
        from: (error) => mcp.fromResourceError(error),
        to: (messages, onto) => mcp.toResourceError(messages, { onto }),
      };
    default:
      return undefined;
  }
}

/** Reads a document and writes it back unchanged; returns what was read. */
function inAndOut({ from, to }: Pair, document: object): mcp.Read {
  const read = from(document);
  const written = to(read.messages, document);
  expect(written.document).toEqual(document);
  expect(written.lost).toEqual([]);
  return read;
}

/** Requests whose params and results are about the protocol, or are lists. */
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

/** Goes through the traffic of one direction: the requests, and the answers to them. */
function walk(requests: readonly Wire[], answers: readonly Wire[]) {
  const seen = {
    requests: [] as string[],
    results: [] as string[],
    errors: [] as string[],
    /** Calls that became tasks: their results come later. */
    tasks: [] as string[],
    /** Answers that are lists, or are about the protocol. */
    besides: [] as string[],
    /** Paths of content that a policy does not see. */
    unseen: [] as string[],
  };
  const take = (list: string[], what: string, pair: Pair, document: object) => {
    const { left } = inAndOut(pair, document);
    seen.unseen.push(...left.filter(({ kind }) => kind === "content").map(({ path }) => path));
    list.push(what);
  };
  const given = once(answers.filter(isAnswer));
  /** The method and name of each task's call. */
  const tasks = new Map<unknown, readonly [method: unknown, name: string]>();
  for (const { id, method, params } of once(requests.filter(isRequest)).values()) {
    const said = Object(params) as Json;
    const name = String(said.name ?? said.uri ?? "");
    const what = `${method} ${name}`.trim();
    const asked = requestPair(method, String(id));
    if (asked !== undefined) take(seen.requests, what, asked, said);
    else expect(besides).toContain(method);
    const answer = given.get(id);
    if (answer === undefined) continue;
    const { task, ...result } = Object(answer.result) as Json;
    if (task !== undefined) {
      tasks.set(Object(task).taskId, [method, name]);
      seen.tasks.push(what);
      continue;
    }
    const [of, tool = ""] =
      method === "tasks/result" ? (tasks.get(said.taskId) ?? []) : [method, name];
    const { error } = answer;
    const pairOf = error === undefined ? resultPair : errorPair;
    const pair = pairOf(of, String(id), tool);
    if (pair !== undefined) {
      take(error === undefined ? seen.results : seen.errors, what, pair, Object(error ?? result));
    } else {
      expect(besides).toContain(of);
      seen.besides.push(what);
    }
  }
  return { ...seen, answers: given.size };
}

/** Messages by id. Over HTTP, a message may be delivered again after a break, unchanged. */
function once(messages: readonly Wire[]): ReadonlyMap<unknown, Wire> {
  const byId = new Map<unknown, Wire>();
  for (const message of messages) {
    expect(byId.get(message.id) ?? message).toEqual(message);
    byId.set(message.id, message);
  }
  return byId;
}

function isRequest(message: Wire): boolean {
  return message.id !== undefined && message.method !== undefined;
}

function isAnswer(message: Wire): boolean {
  return message.id !== undefined && message.method === undefined;
}

type Seen = ReturnType<typeof walk>;
const countOf = (all: readonly string[], start: string) =>
  all.filter((what) => what.startsWith(start)).length;

/** Each answer was written back, became a task, or belongs to a request without a document. */
function expectNoneSkipped(seen: Seen, requests: readonly Wire[]): void {
  const { results, errors, tasks } = seen;
  expect(results.length + errors.length + tasks.length + seen.besides.length).toBe(seen.answers);
  const documents = [...once(requests.filter(isRequest)).values()].filter(
    ({ method }) => requestPair(method, "") !== undefined,
  );
  expect(seen.requests).toHaveLength(documents.length);
  // A task's status message is for people to read, and is not part of its outcome.
  expect(seen.unseen.filter((path) => path !== "statusMessage")).toEqual([]);
}

describe.each(["stdio", "streamable HTTP"])("server-everything over %s", (transport) => {
  it("passes every message in and out unchanged", async () => {
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
      expectNoneSkipped(ours, below.sent);
      expectNoneSkipped(theirs, below.received);
      const all = [
        ...tools.map(({ name }) => `tools/call ${name}`),
        ...prompts.map(({ name }) => `prompts/get ${name}`),
        ...resources.map(({ uri }) => `resources/read ${uri}`),
      ];
      expect(all.length).toBeGreaterThanOrEqual(19 + 4 + 7);
      expect(ours.requests).toEqual(expect.arrayContaining(all));
      expect([...ours.results, ...ours.errors, ...ours.tasks]).toEqual(expect.arrayContaining(all));
      // The text and blob of its templates, a missing resource, and a page requested by an error.
      expect(countOf(ours.results, "resources/read demo://resource/dynamic/")).toBe(2);
      expect(ours.errors.sort()).toEqual([
        "resources/read demo://nowhere",
        "tools/call trigger-url-elicitation",
      ]);
      expect(countOf(ours.results, "tasks/result")).toBe(1);
      // A form, a page, sampling, and one task each of elicitation and sampling.
      expect(countOf(theirs.requests, "elicitation/create")).toBe(3);
      expect(countOf(theirs.requests, "sampling/createMessage")).toBeGreaterThanOrEqual(2);
      expect(countOf(theirs.results, "tasks/result")).toBe(2);
      expect(new Set(theirs.results)).toEqual(
        new Set(["elicitation/create", "sampling/createMessage", "tasks/get", "tasks/result"]),
      );
    } finally {
      http?.server.kill();
    }
  }, 120_000);
});
