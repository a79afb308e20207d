/** A caller over standard input and output. */
import process from "node:process";
import { describe, expect, it } from "vitest";
import { loggedBy, stdioBefore } from "../attacks/support.ts";
import { exchangeOf } from "../router/support/servers.ts";
import { callOf } from "./support/caller.ts";
import type { Came } from "./support/fake-server.ts";

it("gets what it still waits for when it has said its last", async () => {
  const waiting: Came[] = [];
  const limits = { shutdownMs: 60_000 };
  const made = await stdioBefore((came) => void waiting.push(came), { limits });
  made.send(callOf(1), callOf(2), callOf(3));
  made.send({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 3 } });
  made.stdin.end();
  await expect.poll(() => waiting.length).toBeGreaterThanOrEqual(2);
  const of = (id: number) => waiting.find(({ message }) => message.id === id);
  let isEnded = false;
  void made.gateway.ended.then(() => {
    isEnded = true;
  });
  of(2)?.answer("second");
  await expect.poll(() => made.said.map(({ id }) => id)).toEqual([2]);
  expect(isEnded).toBe(false);
  of(1)?.answer("first");
  expect(await made.gateway.ended).toEqual({});
  expect(made.said).toMatchObject([
    { id: 2, result: { content: [{ text: "second" }] } },
    { id: 1, result: { content: [{ text: "first" }] } },
  ]);
  expect(made.gateway.counts()).toMatchObject({ allowed: 3, aborted: 1, open: 0 });
});

it("may speak MCP 2026-07-28 to a server over HTTP, which gets the headers", async () => {
  const waiting: Came[] = [];
  const left: unknown[] = [];
  const made = await stdioBefore(
    (came) => {
      waiting.push(came);
      came.response.once("close", () => left.push(came.message.id));
    },
    { begins: false },
  );
  for (const id of [1, 2]) made.send(exchangeOf(id, "tools/call", { name: "x" }).body);
  await expect.poll(() => waiting.length).toBe(2);
  const { headers } = exchangeOf(1, "tools/call", { name: "x" });
  for (const { request } of waiting) expect(request.headers).toMatchObject(headers);
  const requestId = 1;
  made.send({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId } });
  await expect.poll(() => left).toEqual([1]);
  waiting.find(({ message }) => message.id === 2)?.answer("second");
  await expect.poll(() => made.said).toMatchObject([{ id: 2, result: {} }]);
});

it("gets the answer to its first request with an id, even at the end", async () => {
  const waiting: Came[] = [];
  const made = await stdioBefore((came) => void waiting.push(came), {
    limits: { shutdownMs: 60_000 },
  });
  made.send(callOf(1), { jsonrpc: "2.0", id: 1, method: "ping" });
  made.stdin.end();
  await expect.poll(() => waiting.length).toBe(1);
  await expect.poll(() => made.said.length).toBe(1);
  waiting[0]?.answer("first");
  expect(await made.gateway.ended).toEqual({});
  expect(made.said).toMatchObject([
    { id: 1, error: { data: { code: "request_id_in_use" } } },
    { id: 1, result: { content: [{ text: "first" }] } },
  ]);
});

it("keeps the gateway no longer than `limits.shutdownMs`", async () => {
  const made = await stdioBefore(() => {}, { limits: { shutdownMs: 50 } });
  made.send(callOf(1), { jsonrpc: "2.0", id: 2, method: "subscriptions/listen" });
  made.stdin.end();
  expect(await made.gateway.ended).toEqual({});
  expect(made.said).toEqual([]);
});

it("ends the gateway at once where it waits for nothing", async () => {
  const made = await stdioBefore((came) => came.answer("fine"), {
    limits: { shutdownMs: 2_000_000 },
  });
  made.send(callOf(1));
  await expect.poll(() => made.said.length).toBe(1);
  made.stdin.end();
  expect(await made.gateway.ended).toEqual({});
});

it("gets the answer to a last line without a line break", async () => {
  const made = await stdioBefore((came) => came.answer("fine"));
  made.stdin.end(JSON.stringify(callOf(1)));
  expect(await made.gateway.ended).toEqual({});
  expect(made.said).toMatchObject([{ id: 1, result: { content: [{ text: "fine" }] } }]);
});

it("gets an error for a request that is too large, by its id", async () => {
  const made = await stdioBefore(undefined, { limits: { messageBytes: 1024 } });
  made.send(callOf(1, { arguments: { text: "x".repeat(2000) } }));
  const error = { data: { code: "message_too_large" } };
  await expect.poll(() => made.said).toMatchObject([{ id: 1, error }]);
});

it("ends the gateway if it leaves too much unread, and the log says so", async () => {
  const limits = { messageBytes: 65_536, queuedBytes: 100_000 };
  const made = await stdioBefore((came) => came.answer("x".repeat(60_000)), { limits });
  made.stdout.pause();
  made.send(...[1, 2, 3, 4].map((id) => callOf(id)));
  expect(await made.gateway.ended).toEqual({});
  expect(loggedBy(made, "reader_too_slow")).toHaveLength(1);
});

describe("a server that ends neither with its input nor by SIGTERM is gone", () => {
  const program = `process.on("SIGTERM", () => {});
    const answers = {
      initialize: { protocolVersion: "2025-11-25", capabilities: {}, serverInfo: {} },
      ping: { pid: process.pid },
    };
    require("node:readline").createInterface(process.stdin).on("line", (line) => {
      const { id, method } = JSON.parse(line);
      const result = answers[method];
      if (result) console.log(JSON.stringify({ jsonrpc: "2.0", id, result }));
    });
    setInterval(() => {}, 1000);`;

  async function begun() {
    const servers = { stays: { command: process.execPath, args: ["-e", program] } };
    const made = await stdioBefore(undefined, { servers, limits: { shutdownMs: 600_000 } });
    made.send({ jsonrpc: "2.0", id: 1, method: "ping" });
    await expect.poll(() => made.said.length).toBe(1);
    const { pid } = (made.said[0]?.result ?? {}) as { readonly pid: number };
    const isGone = () => {
      try {
        return !process.kill(pid, 0);
      } catch {
        return true;
      }
    };
    return { ...made, isGone };
  }

  it("before the caller, which has closed the input, sends a signal", async () => {
    const { gateway, stdin, isGone } = await begun();
    stdin.end();
    await gateway.ended;
    await expect.poll(isGone, { timeout: 3000 }).toBe(true);
  });

  it("before that caller kills the program, even if it left a request open", async () => {
    const { gateway, stdin, send, isGone } = await begun();
    send(callOf(1));
    await expect.poll(() => gateway.counts().open).toBe(1);
    stdin.end();
    await expect.poll(() => stdin.readableEnded).toBe(true);
    await gateway.close();
    expect(isGone()).toBe(true);
  });
});

it("the refusal of one request too many names the limit", async () => {
  const { send, said, server } = await stdioBefore(() => {}, { limits: { inFlight: 1 } });
  send(callOf(1));
  await expect.poll(() => server.of("tools/call").length).toBe(1);
  send(callOf(2));
  const message = expect.stringContaining("limits.inFlight");
  const error = { message, data: { code: "too_many_unanswered" } };
  await expect.poll(() => said).toMatchObject([{ id: 2, error }]);
});
