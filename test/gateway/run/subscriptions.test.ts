// Only in test:all: it starts processes.
/** `subscriptions/listen` of MCP 2026-07-28 to servers that are processes. */
import process from "node:process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { afterTest } from "../../support/cleanup.ts";
import { exchange, exchangeOf } from "../router/support/servers.ts";
import { callerOf, messagesIn } from "./support/caller.ts";
import type { Message } from "./support/fake-server.ts";
import { type Started, startGateway } from "./support/gateway.ts";

const listening = {
  command: process.execPath,
  args: [fileURLToPath(new URL("./support/listening-server.mjs", import.meta.url))],
};
const acknowledged = "notifications/subscriptions/acknowledged";
const changed = "notifications/tools/list_changed";

async function started(servers: Readonly<Record<string, object>>): Promise<Started> {
  const made = await startGateway({ servers: servers as never, limits: { shutdownMs: 50 } });
  afterTest(made.close);
  return made;
}

/** Opens a subscription. Resolves when it is acknowledged, to what has arrived on it. */
async function listen(url: URL, id: string) {
  const abort = new AbortController();
  afterTest(() => abort.abort());
  const { body, headers } = exchangeOf(id, "subscriptions/listen", {
    notifications: { toolsListChanged: true },
  });
  let text = "";
  const read = async () => {
    const response = await callerOf(url).open(body, { headers, signal: abort.signal });
    const decoder = new TextDecoder();
    const stream = response.body as unknown as AsyncIterable<Uint8Array>;
    for await (const chunk of stream) text += decoder.decode(chunk, { stream: true });
  };
  const ended = read();
  ended.catch(() => {});
  const said = (): readonly Message[] => messagesIn(text);
  const methods = () => said().map(({ method }) => method);
  await expect.poll(methods).toContain(acknowledged);
  return { said, methods, ended, leave: () => abort.abort() };
}

const call = ({ url }: Started, name: string) =>
  exchange(callerOf(url), "tools/call", { name, arguments: {} });

describe.each([
  ["one server", { aa: listening }, ""],
  ["several servers", { aa: listening, bb: listening }, "aa__"],
] as const)("a subscription to %s", (_, servers, prefix) => {
  it.each(["end", "cancel"])("ends when a server says `%s`", async (how) => {
    const made = await started(servers);
    const one = await listen(made.url, "one");
    const other = await listen(made.url, "other");
    await call(made, `${prefix}${how}`);
    for (const [id, { said, ended }] of Object.entries({ one, other })) {
      await ended;
      const _meta = { "io.modelcontextprotocol/subscriptionId": id };
      expect(said().at(-1)).toMatchObject({ id, result: { resultType: "complete", _meta } });
    }
    await expect.poll(() => made.gateway.counts().open).toBe(0);
  });
});

it("goes on when another caller of the process leaves", async () => {
  const made = await started({ aa: listening });
  const one = await listen(made.url, "same");
  const other = await listen(made.url, "same");
  one.leave();
  await expect.poll(() => made.gateway.counts()).toMatchObject({ open: 1, aborted: 1 });
  await call(made, "tell");
  await expect.poll(other.methods).toEqual([acknowledged, changed]);
  expect(one.methods()).toEqual([acknowledged]);
});

it("ends at a reload, since later calls go to another process", async () => {
  const made = await started({ aa: listening });
  const before = await listen(made.url, "before");
  await made.gateway.reload(made.parts);
  await before.ended;
  expect(before.said().at(-1)).toMatchObject({
    id: "before",
    error: { data: { code: "peer_unreachable" } },
  });
  const after = await listen(made.url, "after");
  await call(made, "tell");
  await expect.poll(after.methods).toEqual([acknowledged, changed]);
  expect(made.gateway.counts().open).toBe(1);
});
