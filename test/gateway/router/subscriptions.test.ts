/** `subscriptions/listen` of MCP 2026-07-28 to several servers. */
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { afterTest } from "../../support/cleanup.ts";
import { callerOf, messagesIn } from "../run/support/caller.ts";
import type { Message } from "../run/support/fake-server.ts";
import {
  type Came,
  exchange,
  exchangeOf,
  overHttp,
  type TestServer,
  testServer,
} from "./support/servers.ts";

const acknowledged = "notifications/subscriptions/acknowledged";
const changed = "notifications/tools/list_changed";
const subscribed = { "io.modelcontextprotocol/subscriptionId": "sub" };

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
afterEach(() => void vi.useRealTimers());

/** A server that listens, and sends what the test says. */
async function listening() {
  const server = await testServer({
    "subscriptions/listen": () => undefined,
    "resources/list": () => ({ resources: [{ uri: "bb:1", name: "of bb" }] }),
  });
  const asked = () => server.of("subscriptions/listen")[0] as Came;
  const tell = (method: string, params: object = {}) =>
    asked().tell({ method, params: { ...params, _meta: subscribed } });
  return { ...server, asked, tell };
}

/** A caller's stream, and what has arrived on it so far. */
async function listen(url: URL, notifications: object) {
  const abort = new AbortController();
  afterTest(() => abort.abort());
  const { body, headers } = exchangeOf("sub", "subscriptions/listen", { notifications });
  const caller = callerOf(url, { "x-user": "ada" });
  let text = "";
  let isOver = false;
  const reading = (async () => {
    const response = await caller.open(body, { headers, signal: abort.signal });
    const decoder = new TextDecoder();
    const stream = response.body as unknown as AsyncIterable<Uint8Array>;
    for await (const chunk of stream) text += decoder.decode(chunk, { stream: true });
    isOver = true;
  })();
  reading.catch(() => {});
  const said = (): readonly Message[] => messagesIn(text);
  return { said, isOver: () => isOver, leave: () => abort.abort() };
}

const areAsked = (...servers: readonly TestServer[]) =>
  expect
    .poll(() => servers.map((each) => each.of("subscriptions/listen").length))
    .toEqual(servers.map(() => 1));

it("acknowledges once what all of them grant, before anything else", async () => {
  const aa = await listening();
  const bb = await listening();
  const { url } = await overHttp({ aa, bb });
  await exchange(url, "resources/list");
  const wanted = { toolsListChanged: true, resourceSubscriptions: ["bb:1", "any:2"] };
  const { said } = await listen(url, wanted);
  await areAsked(aa, bb);
  // Both servers list it, and the first in the configuration has it.
  expect([aa, bb].map((each) => each.asked().params.notifications)).toEqual([
    wanted,
    { ...wanted, resourceSubscriptions: ["any:2"] },
  ]);
  aa.tell(acknowledged, {
    notifications: { toolsListChanged: true, resourceSubscriptions: ["bb:1"] },
  });
  aa.tell(changed);
  bb.tell(acknowledged, { notifications: { resourceSubscriptions: ["any:2"] } });
  bb.tell("notifications/resources/updated", { uri: "any:2" });
  await expect.poll(() => said().length).toBe(3);
  const [first, ...rest] = said();
  expect(first).toMatchObject({
    method: acknowledged,
    params: {
      notifications: { toolsListChanged: true, resourceSubscriptions: ["bb:1", "any:2"] },
      _meta: subscribed,
    },
  });
  expect(rest.map(({ method }) => method)).toEqual([changed, "notifications/resources/updated"]);
});

it("does not wait for a server that hangs, nor for one that has no subscriptions", async () => {
  const aa = await listening();
  const bb = await listening();
  const made = await overHttp({ aa, bb, cc: await testServer() });
  const { said } = await listen(made.url, { toolsListChanged: true });
  await areAsked(aa, bb);
  aa.tell(acknowledged, { notifications: { toolsListChanged: true } });
  aa.tell(changed);
  await vi.advanceTimersByTimeAsync(10_000);
  await expect.poll(() => said().length).toBe(2);
  expect(made.log.lines.filter(({ event }) => event === "server_left_out")).toMatchObject([
    { fields: { server: "bb", method: "subscriptions/listen" } },
  ]);
  // What a server grants later is not announced, but passes.
  bb.tell(acknowledged, { notifications: { toolsListChanged: true } });
  bb.tell(changed);
  await expect
    .poll(() => said().map(({ method }) => method))
    .toEqual([acknowledged, changed, changed]);
});

it("ends when a server ends that granted something, so that the caller begins again", async () => {
  const aa = await listening();
  const bb = await listening();
  const cc = await listening();
  const { url, gateway } = await overHttp({ aa, bb, cc });
  const { said, isOver } = await listen(url, { toolsListChanged: true });
  await areAsked(aa, bb, cc);
  cc.tell(acknowledged, { notifications: {} });
  cc.asked().answer({ resultType: "complete" });
  for (const each of [aa, bb])
    each.tell(acknowledged, { notifications: { toolsListChanged: true } });
  await expect.poll(() => said().length).toBe(1);
  expect(isOver()).toBe(false);
  bb.asked().answer({ resultType: "complete", _meta: subscribed });
  await expect.poll(isOver).toBe(true);
  expect(said().at(-1)).toMatchObject({ id: "sub", result: { _meta: subscribed } });
  await expect.poll(() => gateway.counts().open).toBe(0);
});

it("ends at all servers when the caller leaves", async () => {
  const aa = await listening();
  const bb = await listening();
  const { url, gateway } = await overHttp({ aa, bb });
  const { leave, said } = await listen(url, { toolsListChanged: true });
  await areAsked(aa, bb);
  for (const each of [aa, bb])
    each.tell(acknowledged, { notifications: { toolsListChanged: true } });
  await expect.poll(() => said().length).toBe(1);
  leave();
  await expect.poll(() => gateway.counts()).toMatchObject({ open: 0, aborted: 2 });
});
