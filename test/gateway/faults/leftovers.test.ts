/** Requests that end in unusual ways leave nothing open. */
import type { ServerResponse } from "node:http";
import { connect } from "node:net";
import process from "node:process";
import { describe, expect, it } from "vitest";
import { afterTest } from "../../support/cleanup.ts";
import { listening } from "../../support/listening.ts";
import { ada, gatewayBefore } from "../attacks/support.ts";
import { exchangeOf } from "../router/support/servers.ts";
import { callerOf, initialize } from "../run/support/caller.ts";
import type { Came } from "../run/support/fake-server.ts";
import { heldServer } from "../run/support/held-server.ts";

it.each([
  ["a server", ["one"]],
  ["two servers", ["one", "two"]],
])("notifications count until %s took them, and no longer", async (_, names) => {
  const { waiting: held, url } = await heldServer();
  const servers = Object.fromEntries(names.map((name) => [name, { url: `${url}/mcp` }]));
  const made = await gatewayBefore(undefined, { servers, limits: { inFlight: 2 } });
  const { body, headers } = exchangeOf(undefined, "notifications/x");
  const caller = callerOf(made.url, ada);
  const post = async () => (await caller.post(body, { headers })).status;
  expect([await post(), await post(), await post()]).toEqual([202, 202, 429]);
  await expect.poll(() => held.length).toBe(2 * names.length);
  for (const response of held) response.writeHead(202).end();
  await expect.poll(post).toBe(202);
  await expect.poll(() => held.length).toBe(3 * names.length);
});

it("requests whose answers wait for an earlier one end with their connection", async () => {
  const waiting: Came[] = [];
  let leaks = 0;
  const note = ({ name }: Error) => {
    if (name === "MaxListenersExceededWarning") leaks += 1;
  };
  process.on("warning", note);
  afterTest(() => process.off("warning", note));
  const limits = { inFlight: 12, shutdownMs: 60_000 };
  const made = await gatewayBefore((came) => void waiting.push(came), { limits });
  const texts = Array.from({ length: 12 }, (_, id) => {
    const params = { name: "x", arguments: {} };
    const { body, headers } = exchangeOf(id, "tools/call", params);
    const text = JSON.stringify(body);
    const lines = Object.entries({
      host: made.url.host,
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      "content-length": String(text.length),
      ...ada,
      ...headers,
    }).map(([name, value]) => `${name}: ${value}`);
    return ["POST /mcp HTTP/1.1", ...lines, "", text].join("\r\n");
  });
  const socket = connect(Number(made.url.port), "127.0.0.1");
  afterTest(() => socket.destroy());
  socket.write(texts.join(""));
  await expect.poll(() => waiting.length).toBe(texts.length);
  socket.destroy();
  await expect.poll(() => made.gateway.counts().open).toBe(0);
  expect(made.gateway.counts().aborted).toBe(texts.length);
  await expect.poll(() => waiting.every(({ response }) => response.destroyed)).toBe(true);
  expect(leaks).toBe(0);
});

it("a compressed answer, which nobody reads, does not keep its connection", async () => {
  let response: Came["response"] | undefined;
  const made = await gatewayBefore((came) => {
    response = came.response;
    response.writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" });
    response.write("x");
  });
  const { body, headers } = exchangeOf(1, "tools/call", { name: "x", arguments: {} });
  expect((await callerOf(made.url, ada).post(body, { headers })).code).toBe("peer_invalid");
  await expect.poll(() => response?.destroyed).toBe(true);
});

describe("a session of a server whose caller left during initialize", () => {
  async function leftDuring(servers: readonly string[]) {
    const begun: ServerResponse[] = [];
    const ended: unknown[] = [];
    const { url: origin } = await listening((request, response) => {
      request.resume();
      if (request.method === "POST") return void begun.push(response);
      ended.push(request.headers["mcp-session-id"]);
      response.end();
    });
    const url = `${origin}/mcp`;
    const made = await gatewayBefore(undefined, {
      servers: Object.fromEntries(servers.map((name) => [name, { url }])),
    });
    const leaving = new AbortController();
    const left = callerOf(made.url, ada).post(initialize, { signal: leaving.signal });
    await expect.poll(() => begun.length).toBe(servers.length);
    leaving.abort();
    await expect(left).rejects.toThrow();
    const names = begun.map((_, at) => `session-${at}`);
    /** Names the sessions. */
    const answer = () => {
      for (const [at, response] of begun.entries())
        response.writeHead(200, {
          "content-type": "text/event-stream",
          "mcp-session-id": `session-${at}`,
        });
      for (const response of begun) response.flushHeaders();
    };
    return { ...made, begun, ended, names, answer };
  }

  it.each([[["one"]], [["one", "two"]]])("is ended as soon as it has a name: %j", async (names) => {
    const { gateway, ended, answer, names: sessions } = await leftDuring(names);
    await expect.poll(() => gateway.counts().open).toBe(0);
    answer();
    await expect.poll(() => ended.toSorted()).toEqual(sessions);
  });

  it("does not keep the gateway if it never gets a name", async () => {
    const { gateway, begun, ended } = await leftDuring(["one"]);
    await gateway.close();
    await expect.poll(() => begun[0]?.destroyed).toBe(true);
    expect(ended).toEqual([]);
  });
});
