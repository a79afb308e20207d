/** Real programs of the 2026-07-28 era: what they send passes through messages unchanged. */
import {
  Client,
  type JSONRPCMessage,
  StreamableHTTPClientTransport,
} from "@modelcontextprotocol/client";
import { createMcpHandler, inputRequired, Server } from "@modelcontextprotocol/server";
import * as mcp from "glassine/mcp";
import type { Message } from "glassine/messages";
import { expect, it } from "vitest";

type Json = Record<string, unknown>;

const info = { name: "test", version: "1.0.0" };
const text = (value: string) => ({ type: "text" as const, text: value });
const form = {
  message: "Deploy?",
  requestedSchema: { type: "object" as const, properties: { sure: { type: "boolean" as const } } },
};

function createServer(): Server {
  const capabilities = { tools: {}, prompts: {}, resources: {} };
  const server = new Server(info, { capabilities });
  server.setRequestHandler("tools/call", (_, { mcpReq }) => {
    if (mcpReq.inputResponses === undefined) {
      return inputRequired({
        inputRequests: {
          sure: inputRequired.elicit(form),
          page: inputRequired.elicitUrl({ message: "Sign in.", url: "https://a.example/" }),
          model: inputRequired.createMessage({
            messages: [{ role: "user", content: text("A name?") }],
            systemPrompt: "Be brief.",
            maxTokens: 9,
          }),
          where: inputRequired.listRoots(),
        },
        requestState: "opaque",
      });
    }
    const content = [text(JSON.stringify(mcpReq.inputResponses))];
    return { content, structuredContent: { done: true } };
  });
  server.setRequestHandler("prompts/get", () => ({
    messages: [{ role: "user" as const, content: text("Brief me.") }],
  }));
  server.setRequestHandler("resources/read", ({ params: { uri } }) => ({
    contents: [{ uri, text: "lamp 1 lit" }],
  }));
  return server;
}

/** Makes one request of each kind, and returns what went over the wire. */
async function traffic() {
  const handler = createMcpHandler(createServer);
  const http = new StreamableHTTPClientTransport(new URL("http://localhost/mcp"), {
    fetch: (url, init) => handler.fetch(new Request(url, init), { authInfo: undefined as never }),
  });
  const sent: Json[] = [];
  const received: Json[] = [];
  const send = http.send.bind(http);
  http.send = (message, options) => {
    sent.push(structuredClone(message) as Json);
    return send(message, options);
  };
  const tapped = new Proxy(http, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
    set(target, key, value) {
      const handed =
        key === "onmessage" && typeof value === "function"
          ? (message: JSONRPCMessage, extra: unknown) => {
              received.push(structuredClone(message) as Json);
              value(message, extra);
            }
          : value;
      return Reflect.set(target, key, handed, target);
    },
  });
  const client = new Client(info, {
    versionNegotiation: { mode: { pin: "2026-07-28" } },
    capabilities: { elicitation: { form: {}, url: {} }, sampling: {}, roots: {} },
  });
  client.setRequestHandler("elicitation/create", ({ params }) =>
    params.mode === "url" ? { action: "decline" } : { action: "accept", content: { sure: true } },
  );
  client.setRequestHandler("sampling/createMessage", () => ({
    role: "assistant",
    content: text("Ada"),
    model: "m-1",
    stopReason: "endTurn",
  }));
  client.setRequestHandler("roots/list", () => ({ roots: [{ uri: "file:///pier" }] }));
  await client.connect(tapped);
  await client.callTool({ name: "deploy", arguments: { env: "test" } });
  await client.getPrompt({ name: "brief", arguments: { who: "Ann" } });
  await client.readResource({ uri: "file:///pier" });
  await client.close();
  const answerTo = (id: unknown) => received.find((message) => message.id === id)?.result as Json;
  return sent
    .filter(({ method }) => /^(tools\/call|prompts\/get|resources\/read)$/.test(String(method)))
    .map(({ id, method, params }) => ({
      id: String(id),
      method,
      params: params as Json,
      result: answerTo(id),
    }));
}

const messagesOf = ({ inputs }: mcp.Inputs) =>
  Object.fromEntries(Object.entries(inputs).map(([key, input]) => [key, input.messages]));

it("tools, prompts, resources and requested input survive a round trip", async () => {
  const [asking, again, prompt, resource, ...more] = await traffic();
  if (!(asking && again && prompt && resource)) throw new Error("too few messages");
  expect(more).toEqual([]);
  expect([asking.result.resultType, again.result.resultType]).toEqual([
    "input_required",
    "complete",
  ]);

  const same = (document: object, read: mcp.Read, to: (messages: readonly Message[]) => object) => {
    expect(to(read.messages)).toEqual({ document, lost: [] });
    return read.left.filter(({ kind }) => kind === "content").map(({ path }) => path);
  };
  for (const { id, params, result } of [asking, again]) {
    const call = { id, name: "deploy" };
    const isAgain = params.inputResponses !== undefined;
    expect(
      same(params, mcp.fromToolCall(params, call), (messages) =>
        mcp.toToolCall(messages, { ...call, onto: params }),
      ),
    ).toEqual(isAgain ? ["inputResponses"] : []);
    expect(
      same(result, mcp.fromToolResult(result, call), (messages) =>
        mcp.toToolResult(messages, { ...call, onto: result }),
      ),
    ).toEqual([]);
  }
  const brief = { id: prompt.id, name: "brief" };
  same(prompt.params, mcp.fromPromptRequest(prompt.params, brief), (messages) =>
    mcp.toPromptRequest(messages, { ...brief, onto: prompt.params }),
  );
  same(prompt.result, mcp.fromPromptResult(prompt.result, brief), (messages) =>
    mcp.toPromptResult(messages, { ...brief, onto: prompt.result }),
  );
  const { id } = resource;
  same(resource.params, mcp.fromResourceRequest(resource.params, { id }), (messages) =>
    mcp.toResourceRequest(messages, { id, onto: resource.params }),
  );
  const contents = mcp.fromResourceResult(resource.result, { id });
  same(resource.result, contents, (messages) =>
    mcp.toResourceResult(messages, { id, onto: resource.result }),
  );
  expect(contents.left.map(({ path }) => path)).toEqual(
    expect.arrayContaining(["resultType", "ttlMs", "cacheScope"]),
  );

  const requests = mcp.fromInputRequests(asking.result);
  expect(
    Object.values(requests.inputs).map(({ method, messages }) => [method, messages.length]),
  ).toEqual([
    ["elicitation/create", 1],
    ["elicitation/create", 1],
    ["sampling/createMessage", 2],
    ["roots/list", 1],
  ]);
  expect(mcp.toInputRequests(messagesOf(requests), { onto: asking.result })).toEqual({
    document: asking.result,
    lost: [],
  });
  const asked = asking.result;
  const responses = mcp.fromInputResponses(again.params, { asked });
  expect(responses.inputs.sure?.messages[0]?.content[0]).toMatchObject({
    content: { content: { action: "accept", content: { sure: true } } },
  });
  expect(responses.inputs.model?.messages[0]?.content).toEqual([
    { content_type: "text", text: "Ada" },
  ]);
  expect(mcp.toInputResponses(messagesOf(responses), { asked, onto: again.params })).toEqual({
    document: again.params,
    lost: [],
  });
});
