/** The end of a gateway: requests in flight finish, or get a code. */
import { describe, expect, it } from "vitest";
import { afterTest } from "../../support/cleanup.ts";
import { ada, eve, gatewayBefore, loggedBy, stdioBefore } from "../attacks/support.ts";
import { callerOf, callOf, sessionOf } from "./support/caller.ts";
import type { Came } from "./support/fake-server.ts";
import { startGateway } from "./support/gateway.ts";
import { heldServer } from "./support/held-server.ts";

const refused = { code: -32014, data: { code: "shutting_down" } };
const soon = { limits: { shutdownMs: 50 } };
const ample = { limits: { shutdownMs: 60_000 } };

/** A call of MCP 2026-07-28. */
function exchangeOf(id: unknown, method = "tools/call") {
  const _meta = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
  };
  const isCall = method === "tools/call";
  const params = { ...(isCall && { name: "x", arguments: {} }), _meta };
  const headers = {
    "mcp-protocol-version": "2026-07-28",
    "mcp-method": method,
    ...(isCall && { "mcp-name": "x" }),
  };
  return [{ jsonrpc: "2.0", id, method, params }, { headers }] as const;
}

async function gatewayToModels(limits: object) {
  const { waiting, url } = await heldServer();
  const models = { m: { provider: "openai" as const, url, path: "/openai" } };
  const made = await startGateway({ models, ...limits, identity: { anonymous: true } });
  afterTest(made.close);
  const ask = (stream: boolean) =>
    fetch(new URL("/openai/v1/chat/completions", made.url), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ model: "m", stream, messages: [{ role: "user", content: "hi" }] }),
    });
  return { ...made, waiting, ask };
}

const delta = (content: string, finish_reason: string | null = null) => {
  const choices = [{ index: 0, delta: { content }, finish_reason }];
  const chunk = { id: "c", object: "chat.completion.chunk", created: 1, model: "m", choices };
  return `data: ${JSON.stringify(chunk)}\n\n`;
};
const completion = JSON.stringify({
  id: "c",
  object: "chat.completion",
  created: 1,
  model: "m",
  choices: [{ index: 0, finish_reason: "stop", message: { role: "assistant", content: "fine" } }],
});

describe("the end waits", () => {
  it("for the answer of a model", async () => {
    const { gateway, waiting, ask } = await gatewayToModels(ample);
    const asked = ask(false);
    await expect.poll(() => waiting.length).toBe(1);
    const closed = gateway.close();
    waiting[0]?.setHeader("content-type", "application/json").end(completion);
    expect(await (await asked).json()).toMatchObject({ choices: [{ finish_reason: "stop" }] });
    await closed;
  });

  it("for a stream of a model that has begun", async () => {
    const { gateway, waiting, ask } = await gatewayToModels(ample);
    const asked = ask(true);
    await expect.poll(() => waiting.length).toBe(1);
    waiting[0]?.writeHead(200, { "content-type": "text/event-stream" }).write(delta("one "));
    const response = await asked;
    const closed = gateway.close();
    waiting[0]?.end(`${delta("two", "stop")}data: [DONE]\n\n`);
    const text = await response.text();
    for (const piece of ["one ", "two", "[DONE]"]) expect(text).toContain(piece);
    await closed;
  });

  it("for a call, but not for a subscription", async () => {
    const waiting: Came[] = [];
    const made = await gatewayBefore((came) => void waiting.push(came), ample);
    const caller = callerOf(made.url, ada);
    const listening = caller.post(...exchangeOf("sub", "subscriptions/listen"));
    const called = caller.post(...exchangeOf(1));
    await expect.poll(() => waiting.length).toBe(2);
    const closed = made.gateway.close();
    expect((await listening).messages).toMatchObject([{ id: "sub", error: refused }]);
    for (const each of waiting) if (each.message.method === "tools/call") each.answer("fine");
    expect((await called).messages).toMatchObject([{ id: 1, result: {} }]);
    await closed;
  });
});

it("the end does not wait for a question of a server that its caller does not answer", async () => {
  const made = await gatewayBefore(
    (came) => {
      came.tell({ id: "question", method: "roots/list" });
      came.tell({ id: came.message.id, result: { content: [] } });
      came.end();
    },
    { ...ample, admin: { port: 0 } },
  );
  const own = await sessionOf(made.url, ada);
  const { messages } = await own.call(1);
  expect(messages).toMatchObject([{ method: "roots/list" }, { id: 1, result: {} }]);
  expect(made.gateway.counts().open).toBe(1);
  const { text } = await made.admin("/metrics");
  expect(text).toContain("glassine_gateway_open_requests 0\n");
  await made.gateway.close();
  expect(made.gateway.counts()).toMatchObject({ open: 0, aborted: 1 });
});

describe("what does not end in time is refused with shutting_down", () => {
  it("in a session, in an exchange, and by a model", async () => {
    const { url, waiting } = await heldServer();
    const models = { m: { provider: "openai" as const, url, path: "/openai" } };
    const calls: Came[] = [];
    const made = await gatewayBefore((came) => void calls.push(came), { ...soon, models });
    const own = await sessionOf(made.url, ada);
    const inSession = own.call(1);
    const inExchange = callerOf(made.url, ada).post(...exchangeOf(2));
    const ofModel = fetch(new URL("/openai/v1/chat/completions", made.url), {
      method: "POST",
      headers: { "content-type": "application/json", ...ada },
      body: JSON.stringify({ model: "m", messages: [{ role: "user", content: "hi" }] }),
    });
    await expect.poll(() => [calls.length, waiting.length]).toEqual([2, 1]);
    await made.gateway.close();
    expect((await inSession).messages).toMatchObject([{ id: 1, error: refused }]);
    const exchanged = await inExchange;
    expect(exchanged).toMatchObject({ messages: [{ id: 2, error: refused }] });
    const answer = await ofModel;
    expect([answer.status, await answer.json()]).toMatchObject([
      503,
      { error: { code: "shutting_down" } },
    ]);
    const { started, allowed, denied, errored, aborted, open } = made.gateway.counts();
    expect([started, open]).toEqual([allowed + denied + errored + aborted, 0]);
    const lines = loggedBy(made, "request").filter(({ method }) => method === "tools/call");
    expect(lines.map(({ outcome }) => outcome)).toEqual(["aborted", "aborted"]);
  });

  it("over stdio", async () => {
    const calls: Came[] = [];
    const made = await stdioBefore((came) => void calls.push(came), soon);
    made.send(callOf(1), callOf("two"));
    await expect.poll(() => calls.length).toBe(2);
    await made.gateway.close();
    expect(made.said).toMatchObject([
      { id: 1, error: refused },
      { id: "two", error: refused },
    ]);
    expect(await made.gateway.ended).toEqual({});
  });

  it("also where a caller over stdio does not read", async () => {
    const calls: Came[] = [];
    const made = await stdioBefore((came) => void calls.push(came), soon);
    made.stdout.pause();
    made.send(callOf("large"), callOf("waits"));
    await expect.poll(() => calls.length).toBe(2);
    const large = calls.find(({ message }) => message.id === "large");
    large?.answer("x".repeat(1_000_000));
    await expect.poll(() => made.stdout.writableLength).toBeGreaterThan(0);
    await made.gateway.close();
    expect(made.said).toEqual([]);
    expect(await made.gateway.ended).toEqual({});
  });
});

it.each([1, 2])("%d servers hear that their sessions have ended", async (count) => {
  const made = await gatewayBefore(undefined, { ...soon, count });
  const callers = await Promise.all([1, 2, 3, 4, 5].map(() => sessionOf(made.url, ada)));
  await made.gateway.close();
  expect(made.server.ended).toBe(callers.length * count);
});

const notFound = { code: -32001, message: "Session not found" };

it.each([
  ["nothing", ""],
  ["an error without an id", JSON.stringify({ jsonrpc: "2.0", id: null, error: notFound })],
  ["an error with the request's id", JSON.stringify({ jsonrpc: "2.0", id: 1, error: notFound })],
])(
  "a gateway over stdio that has no server left ends with a code, and one whose caller leaves without: 404 and %s",
  async (_, body) => {
    const lost = await stdioBefore(({ response }) => {
      response.writeHead(404, { "content-type": "application/json" }).end(body);
    });
    lost.send(callOf(1));
    expect(await lost.gateway.ended).toEqual({ code: "servers_gone" });
    expect(loggedBy(lost, "servers_gone")).toHaveLength(1);
    const left = await stdioBefore();
    left.stdin.end();
    expect(await left.gateway.ended).toEqual({});
  },
);

it("a subject has as many open exchanges as a session has requests", async () => {
  const waiting: Came[] = [];
  const limits = { ...soon.limits, inFlight: 2 };
  const made = await gatewayBefore((came) => void waiting.push(came), { limits });
  const ask = (id: number, headers: Readonly<Record<string, string>> = ada) =>
    callerOf(made.url, headers).post(...exchangeOf(id));
  const open = [ask(1), ask(2), ask(1, eve)];
  await expect.poll(() => waiting.length).toBe(3);
  expect(await ask(3)).toMatchObject({ status: 429, code: "too_many_unanswered" });
  for (const each of waiting.splice(0)) each.answer("fine");
  for (const { status } of await Promise.all(open)) expect(status).toBe(200);
  const again = ask(4);
  await expect.poll(() => waiting.length).toBe(1);
  waiting[0]?.answer("fine");
  expect((await again).status).toBe(200);
});
