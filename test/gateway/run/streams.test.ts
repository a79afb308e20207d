/** When the streams of a session end, and what can be requested again. */
import process from "node:process";
import { setTimeout as pause } from "node:timers/promises";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { definePlugin } from "glassine";
import { afterEach, expect, it, vi } from "vitest";
import { afterTest } from "../../support/cleanup.ts";
import { ada, gatewayBefore, loggedBy } from "../attacks/support.ts";
import { callOf, messagesIn, sessionOf } from "./support/caller.ts";
import type { Came } from "./support/fake-server.ts";
import { startGateway } from "./support/gateway.ts";

function cancelled(requestId: unknown): object {
  return { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId } };
}

const firstIdIn = (text: string) => /^id: (.+)$/m.exec(text)?.[1] ?? "";
const lastIdIn = (text: string) => [...text.matchAll(/^id: (.+)$/gm)].at(-1)?.[1] ?? "";

const isCancelled = { isError: true, content: [{ text: "The request was cancelled" }] };

it("the stream of a cancelled request ends with a result that says so", async () => {
  const { url, server } = await gatewayBefore(() => {});
  const own = await sessionOf(url, ada);
  for (const id of [1, 2, "three"]) {
    const response = await own.open(callOf(id));
    await expect.poll(() => server.of("tools/call").at(-1)?.message.method).toBe("tools/call");
    await own.post(cancelled(id));
    const text = await response.text();
    expect(messagesIn(text)).toMatchObject([{ id, result: isCancelled }]);
  }
});

it("the stream of a batch ends when those that were not cancelled are answered", async () => {
  const waiting: Came[] = [];
  const { url } = await gatewayBefore((came) => void waiting.push(came));
  const own = await sessionOf(url, ada, "2025-03-26");
  const ofFirst = own.post([callOf(1), callOf(2)]);
  await expect.poll(() => waiting.length).toBe(2);
  await own.post(cancelled(1));
  waiting.find(({ message }) => message.id === 2)?.answer("fine");
  const answers = [
    { id: 1, result: isCancelled },
    { id: 2, result: {} },
  ];
  expect((await ofFirst).messages).toMatchObject(answers);
  const ofSecond = own.post([callOf(3), callOf(4)]);
  await expect.poll(() => waiting.length).toBe(4);
  waiting.find(({ message }) => message.id === 4)?.answer("fine");
  await own.post(cancelled(3));
  const inTurn = [
    { id: 4, result: {} },
    { id: 3, result: isCancelled },
  ];
  expect((await ofSecond).messages).toMatchObject(inTurn);
});

it.each([
  ["comes on the session's own stream", true],
  ["is reported as undelivered without such a stream", false],
])("what a server asks %s if its request was answered meanwhile", async (_, isOpen) => {
  const slow = definePlugin({
    name: "slow",
    version: "1.0.0",
    hooks: {
      async "cmf.mcp_request"({ content }) {
        if (JSON.stringify(content).includes("elicitation/create")) await pause(200);
      },
    },
  });
  const made = await gatewayBefore(
    ({ message: { id }, tell, end }) => {
      const requestedSchema = { type: "object", properties: {} };
      tell({ id: 7, method: "elicitation/create", params: { message: "ok?", requestedSchema } });
      tell({ id, result: { content: [] } });
      end();
    },
    {},
    [slow],
  );
  const own = await sessionOf(made.url, ada);
  const stream = isOpen ? await own.open(undefined, { method: "GET" }) : undefined;
  const { messages, text: first } = await own.call(1);
  expect(messages).toMatchObject([{ id: 1, result: {} }]);
  if (stream === undefined) {
    await expect.poll(() => loggedBy(made, "message_undelivered")).toHaveLength(1);
    // The rest of a request's stream is not the session's own.
    const headers = { "last-event-id": firstIdIn(first) };
    expect((await own.post(undefined, { method: "GET", headers })).status).toBe(200);
    await own.call(2);
    await expect.poll(() => loggedBy(made, "message_undelivered")).toHaveLength(2);
    return;
  }
  let text = "";
  for await (const chunk of stream.body ?? []) {
    text += new TextDecoder().decode(chunk);
    if (text.includes("elicitation/create")) break;
  }
  expect(messagesIn(text)).toMatchObject([{ method: "elicitation/create" }]);
});

/** A server that asks for roots when it gets this notification, and says what it got. */
const asksForRoots = `
const send = (message) => console.log(JSON.stringify({ jsonrpc: "2.0", ...message }));
const lines = require("node:readline").createInterface({ input: process.stdin });
lines.on("line", (line) => {
  const { id, method, params, result } = JSON.parse(line);
  const serverInfo = { name: "asks", version: "1.0.0" };
  if (method === "initialize")
    send({ id, result: { protocolVersion: params.protocolVersion, capabilities: {}, serverInfo } });
  else if (method === process.argv[1]) send({ id: 0, method: "roots/list" });
  else if (method === undefined)
    send({ method: "notifications/message", params: { level: "info", data: result } });
});`;

const begun = "notifications/initialized";
const changed = "notifications/roots/list_changed";

it.each([
  ["before the session's own stream is open", begun],
  ["while that stream is gone, on which nothing came before,", changed],
])("what a server asks %s comes when it is open", async (_, method) => {
  const servers = { asks: { command: process.execPath, args: ["-e", asksForRoots, method] } };
  const made = await startGateway({ servers });
  afterTest(made.close);
  const own = await sessionOf(made.url);
  if (method === changed) {
    const leaving = new AbortController();
    await own.open(undefined, { method: "GET", signal: leaving.signal });
    leaving.abort();
    await pause(200);
    await own.post({ jsonrpc: "2.0", method });
  }
  // Long enough for the question to come first, most likely.
  await pause(200);
  const { body } = await own.open(undefined, { method: "GET" });
  const result = { roots: [] };
  let text = "";
  for await (const chunk of body ?? []) {
    text += new TextDecoder().decode(chunk);
    const [asked, said] = messagesIn(text);
    if (said !== undefined) break;
    if (asked !== undefined) await own.post({ jsonrpc: "2.0", id: asked.id, result });
  }
  expect(messagesIn(text)).toMatchObject([
    { method: "roots/list" },
    { method: "notifications/message", params: { data: result } },
  ]);
});

it("a caller of an older version keeps a stream that its server cut off", async () => {
  const { url, server } = await gatewayBefore(({ response }) => {
    response.writeHead(200, { "content-type": "text/event-stream" }).end("id: cut\ndata: \n\n");
  });
  const own = await sessionOf(url, ada, "2025-06-18");
  const called = own.call(1);
  const rest = () =>
    [...server.streams.values()].find(({ req }) => req.headers["last-event-id"] === "cut");
  await expect.poll(() => rest() !== undefined).toBe(true);
  rest()?.end(`data: ${JSON.stringify({ jsonrpc: "2.0", id: 1, result: {} })}\n\n`);
  expect((await called).messages).toMatchObject([{ id: 1, result: {} }]);
});

it("an event that is no longer kept is said to be gone", async () => {
  const { url } = await gatewayBefore((came) => came.answer("fine"), { limits: { events: 2 } });
  const own = await sessionOf(url, ada);
  const headers = { "last-event-id": firstIdIn((await own.call(1)).text) };
  const again = () => own.post(undefined, { method: "GET", headers });
  expect((await again()).status).toBe(200);
  await own.call(2);
  await own.call(3);
  expect(await again()).toMatchObject({ status: 400, code: "event_unknown" });
});

it("a client whose last event is gone gets the answer that it waits for", async () => {
  const waiting: Came[] = [];
  const made = await gatewayBefore(
    (came) => (came.message.id === 1 ? void waiting.push(came) : came.answer("fine")),
    { limits: { events: 2 } },
  );
  const own = await sessionOf(made.url, ada);
  const leaving = new AbortController();
  const response = await own.open(callOf(1), { signal: leaving.signal });
  const first = new TextDecoder().decode((await response.body?.getReader().read())?.value);
  leaving.abort();
  await own.call(2);
  await own.call(3);
  const headers = { "last-event-id": firstIdIn(first) };
  const again = own.post(undefined, { method: "GET", headers });
  await expect.poll(() => waiting.length).toBe(1);
  await pause(200);
  waiting[0]?.answer("at last");
  expect(await again).toMatchObject({ status: 200, messages: [{ id: 1 }] });
  expect(loggedBy(made, "message_undelivered")).toEqual([]);
});

it("what follows an answer is said not to exist, which is no refusal", async () => {
  const made = await gatewayBefore((came) => came.answer("fine"));
  const own = await sessionOf(made.url, ada);
  const { text } = await own.call(1);
  await own.call(2);
  const after = (last: string) =>
    own.post(undefined, { method: "GET", headers: { "last-event-id": last } });
  expect(await after(firstIdIn(text))).toMatchObject({ status: 200, messages: [{ id: 1 }] });
  expect(await after(lastIdIn(text))).toMatchObject({ status: 405, text: "" });
  expect(loggedBy(made, "refused")).toEqual([]);
});

it("the stream of a batch can be asked for again until it has its last answer", async () => {
  const waiting: Came[] = [];
  const { url } = await gatewayBefore((came) => void waiting.push(came));
  const own = await sessionOf(url, ada, "2025-03-26");
  const abort = new AbortController();
  const response = await own.open([callOf(1), callOf(2)], { signal: abort.signal });
  await expect.poll(() => waiting.length).toBe(2);
  waiting.find(({ message }) => message.id === 1)?.answer("one");
  const first = new TextDecoder().decode((await response.body?.getReader().read())?.value);
  const headers = { "last-event-id": lastIdIn(first) };
  const again = () => own.open(undefined, { method: "GET", headers });
  expect((await again()).status).toBe(409);
  abort.abort();
  // The gateway notices after a while that the first stream has no reader.
  let rest = await again();
  while (rest.status === 409) rest = await again();
  waiting.find(({ message }) => message.id === 2)?.answer("two");
  expect(messagesIn(await rest.text())).toMatchObject([{ id: 2, result: {} }]);
});

afterEach(() => void vi.useRealTimers());

it("a session with a call in progress does not end as idle", async () => {
  // Only the gateway's own timer for idle sessions is an interval here.
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  const waiting: Came[] = [];
  const { url } = await gatewayBefore((came) => void waiting.push(came), {
    limits: { idleSessionMs: 1 },
  });
  const own = await sessionOf(url, ada);
  const called = own.call(1);
  await expect.poll(() => waiting.length).toBe(1);
  await vi.advanceTimersByTimeAsync(60_000);
  waiting[0]?.answer("fine");
  expect((await called).messages).toMatchObject([{ id: 1, result: {} }]);
  await new Promise((resolve) => setTimeout(resolve, 10));
  await vi.advanceTimersByTimeAsync(60_000);
  expect(await own.call(2)).toMatchObject({ status: 404, code: "session_unknown" });
});

it("no client of the official SDK asks again for the stream of what it cancelled", async () => {
  const { url } = await gatewayBefore(({ message, answer }) => {
    if (message.params?.name === "fine") answer("fine");
  });
  const asked: string[] = [];
  const noted = (...[at, init]: Parameters<typeof fetch>) => {
    asked.push(init?.method ?? "GET");
    return fetch(at, {
      ...init,
      headers: { ...Object.fromEntries(new Headers(init?.headers)), ...ada },
    });
  };
  const client = new Client({ name: "test", version: "1.0.0" });
  await client.connect(new StreamableHTTPClientTransport(url, { fetch: noted }) as never);
  const stop = new AbortController();
  const called = client.callTool({ name: "hangs" }, undefined, { signal: stop.signal });
  await expect.poll(() => asked.filter((each) => each === "GET").length).toBe(1);
  stop.abort("enough");
  await expect(called).rejects.toThrow("enough");
  // The client would reconnect after half a second.
  await new Promise((resolve) => setTimeout(resolve, 1200));
  await client.callTool({ name: "fine" });
  expect(asked.filter((each) => each === "GET").length).toBe(1);
  await client.close();
});

it("a client of SDK v1 asks once for what follows an error, and no refusal is counted", async () => {
  const made = await gatewayBefore(({ message, tell, end }) => {
    tell({ id: message.id, error: { code: -32000, message: "no" } });
    end();
  });
  const asked: number[] = [];
  const noted = async (...[at, init]: Parameters<typeof fetch>) => {
    const headers = { ...Object.fromEntries(new Headers(init?.headers)), ...ada };
    const response = await fetch(at, { ...init, headers });
    if (init?.method === "GET") asked.push(response.status);
    return response;
  };
  const client = new Client({ name: "test", version: "1.0.0" });
  await client.connect(new StreamableHTTPClientTransport(made.url, { fetch: noted }) as never);
  await expect.poll(() => asked).toEqual([200]);
  await expect(client.callTool({ name: "x" })).rejects.toThrow("no");
  await expect.poll(() => asked).toEqual([200, 405]);
  // The client would ask again after half a second.
  await pause(1200);
  expect(asked).toEqual([200, 405]);
  expect(loggedBy(made, "refused")).toEqual([]);
  await client.close();
});

it("open requests of a session that its caller ends are answered", async () => {
  const { url, server, gateway } = await gatewayBefore(() => {});
  const own = await sessionOf(url, ada);
  const response = await own.open(callOf(1));
  await expect.poll(() => server.of("tools/call").length).toBe(1);
  expect((await own.post(undefined, { method: "DELETE" })).status).toBe(200);
  expect(messagesIn(await response.text())).toMatchObject([
    { id: 1, error: { data: { code: "session_unknown" } } },
  ]);
  await expect.poll(() => gateway.counts()).toMatchObject({ aborted: 1, open: 0 });
  expect((await own.call(2)).status).toBe(404);
});
