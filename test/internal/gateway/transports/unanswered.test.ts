/** Requests that the gateway answers itself: the server gets a cancellation, but not of `initialize`. */
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, describe, expect, it, vi } from "vitest";
import { refusable } from "../../../../src/gateway/transports/refusable.ts";
import type { Message, Transport } from "../../../../src/gateway/transports/transport.ts";
import { refusalOf } from "../../../../src/gateway/transports/transport.ts";
import { watched } from "../../../../src/gateway/transports/watched.ts";

const requestOf = (method: string) => ({ jsonrpc: "2.0", id: 1, method }) as const;
const error = { jsonrpc: "2.0", id: 1, error: { code: expect.any(Number) } };
const cancelled = [
  { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 1 } },
] as const;

function silentTransport() {
  const sent: Message[] = [];
  const transport: Transport = {
    start: async () => {},
    send: async (message) => void sent.push(message),
    close: async () => {},
  };
  return { transport, sent };
}

describe.each([
  ["tools/call", cancelled],
  ["initialize", []],
] as const)("%s", (method, cancellations) => {
  it("that the server does not answer in time", async () => {
    const { transport, sent } = silentTransport();
    const back = watched(transport, { timeoutMs: () => 5, inFlight: 10, onDropped: () => {} });
    const said: unknown[] = [];
    back.onmessage = (message) => said.push(message);
    await back.start();
    await back.send(requestOf(method));
    await expect.poll(() => said).toMatchObject([error]);
    expect(sent).toMatchObject([requestOf(method), ...cancellations]);
  });

  it("that is refused at shutdown", async () => {
    const { transport, sent } = silentTransport();
    const { transport: front, refuse } = refusable(transport);
    const forServer: unknown[] = [];
    front.onmessage = (message) => forServer.push(message);
    await front.start();
    transport.onmessage?.(requestOf(method));
    await refuse(refusalOf(-32014, "shutting_down", "The gateway is shutting down"), () => true);
    expect(sent).toMatchObject([error]);
    expect(forServer).toMatchObject([requestOf(method), ...cancellations]);
  });
});

it("a request that was answered is not late afterwards", async () => {
  vi.useFakeTimers();
  try {
    const { transport } = silentTransport();
    const onLate = vi.fn();
    const options = { timeoutMs: () => 1000, inFlight: 10, onDropped() {}, onLate };
    const back = watched(transport, options);
    await back.start();
    await back.send(requestOf("tools/call"));
    transport.onmessage?.({ jsonrpc: "2.0", id: 1, result: {} });
    vi.advanceTimersByTime(500);
    const said: unknown[] = [];
    back.onmessage = (message) => said.push(message);
    await back.send(requestOf("tools/call"));
    vi.advanceTimersByTime(600);
    expect([onLate.mock.calls, said]).toEqual([[], []]);
    vi.advanceTimersByTime(400);
    expect(said).toMatchObject([error]);
  } finally {
    vi.useRealTimers();
  }
});

describe("while a server waits for its caller", () => {
  afterEach(() => void vi.useRealTimers());

  it("its time begins again for an hour at most, since the caller may have vanished", async () => {
    vi.useFakeTimers();
    const { said } = await asking("elicitation/create");
    await vi.advanceTimersByTimeAsync(3_590_000);
    expect(said).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(10_100);
    expect(said.slice(1)).toMatchObject([isLate]);
  });

  it("a question that nobody answers gives no more time after that hour", async () => {
    vi.useFakeTimers();
    const { back, said } = await asking("elicitation/create");
    await vi.advanceTimersByTimeAsync(3_700_000);
    await back.send({ ...requestOf("tools/call"), id: 2 });
    await vi.advanceTimersByTimeAsync(2 * timeoutMs);
    expect(said.slice(1)).toMatchObject([isLate, { ...isLate, id: 2 }]);
  });

  it("a question gives time however long its request has gone on before", async () => {
    vi.useFakeTimers();
    const { transport, back, said, id } = await asking("elicitation/create");
    await vi.advanceTimersByTimeAsync(3_000_000);
    await back.send({ jsonrpc: "2.0", id, result: { action: "accept" } });
    transport.onmessage?.({ jsonrpc: "2.0", id: "next", method: "elicitation/create", params: {} });
    await vi.advanceTimersByTimeAsync(3_000_000);
    expect(said).toHaveLength(2);
  });

  it("its time begins again with the answer, not when that is looked at", async () => {
    vi.useFakeTimers();
    const { back, said, id } = await asking("elicitation/create");
    await vi.advanceTimersByTimeAsync(timeoutMs + 10);
    await back.send({ jsonrpc: "2.0", id, result: { action: "accept" } });
    await vi.advanceTimersByTimeAsync(timeoutMs - 1);
    expect(said).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(said.slice(1)).toMatchObject([isLate]);
  });

  const timeoutMs = 40;
  const isLate = { id: 1, error: { data: { code: "peer_timeout" } } };

  async function asking(method: string) {
    const { transport, sent } = silentTransport();
    const back = watched(transport, {
      timeoutMs: () => timeoutMs,
      inFlight: 10,
      onDropped: () => {},
    });
    const said: Message[] = [];
    back.onmessage = (message) => said.push(message as Message);
    await back.start();
    await back.send(requestOf("tools/call"));
    transport.onmessage?.({ jsonrpc: "2.0", id: "own", method, params: {} });
    const [{ id } = {}] = said;
    return { transport, back, said, sent, id };
  }

  it.each(["elicitation/create", "sampling/createMessage", "tasks/result"])(
    "%s takes none of its time",
    async (method) => {
      const { transport, back, said, sent, id } = await asking(method);
      await delay(4 * timeoutMs);
      await back.send({ jsonrpc: "2.0", id, result: { action: "accept" } });
      expect(sent).toMatchObject([{ id: 1 }, { id: "own", result: {} }]);
      await delay(timeoutMs / 4);
      transport.onmessage?.({ jsonrpc: "2.0", id: 1, result: { content: [] } });
      expect(said.slice(1)).toMatchObject([{ id: 1, result: {} }]);
    },
  );

  it("its time begins again with the answer", async () => {
    const { back, said, id } = await asking("elicitation/create");
    await delay(2 * timeoutMs);
    await back.send({ jsonrpc: "2.0", id, result: { action: "decline" } });
    await expect.poll(() => said.slice(1)).toMatchObject([isLate]);
  });

  it("its time goes on if it takes the question back", async () => {
    const { transport, said } = await asking("elicitation/create");
    transport.onmessage?.({
      jsonrpc: "2.0",
      method: "notifications/cancelled",
      params: { requestId: "own" },
    });
    await expect.poll(() => said.slice(2)).toMatchObject([isLate]);
  });

  it.each(["ping", "roots/list"])(
    "%s, which no person answers, changes nothing",
    async (method) => {
      const { said } = await asking(method);
      await expect.poll(() => said.slice(1)).toMatchObject([isLate]);
    },
  );
});

it("a request has all of its time again with each progress", async () => {
  vi.useFakeTimers();
  try {
    const { transport } = silentTransport();
    const back = watched(transport, { timeoutMs: () => 1000, inFlight: 10, onDropped() {} });
    const said: Message[] = [];
    back.onmessage = (message) => said.push(message as Message);
    await back.start();
    await back.send({ ...requestOf("tools/call"), params: { _meta: { progressToken: 1 } } });
    for (let progress = 0; progress < 3; progress += 1) {
      vi.advanceTimersByTime(700);
      const params = { progressToken: 1, progress };
      transport.onmessage?.({ jsonrpc: "2.0", method: "notifications/progress", params });
    }
    vi.advanceTimersByTime(999);
    expect(said).toHaveLength(3);
    vi.advanceTimersByTime(1);
    expect(said.slice(3)).toMatchObject([error]);
  } finally {
    vi.useRealTimers();
  }
});

it("`tasks/result` waits for the end of its task", async () => {
  const { transport } = silentTransport();
  const back = watched(transport, { timeoutMs: () => 5, inFlight: 10, onDropped: () => {} });
  const said: unknown[] = [];
  back.onmessage = (message) => said.push(message);
  await back.start();
  await back.send({ ...requestOf("tasks/result"), params: { taskId: "t" } });
  await delay(50);
  expect(said).toEqual([]);
});

it("a subscription that comes after a reload replaced the server's process is refused", async () => {
  const { transport, sent } = silentTransport();
  const back = watched(transport, { timeoutMs: () => 60_000, inFlight: 10, onDropped: () => {} });
  const said: unknown[] = [];
  back.onmessage = (message) => said.push(message);
  await back.start();
  back.endSubscriptions();
  await back.send(requestOf("subscriptions/listen"));
  expect(said).toMatchObject([{ ...error, error: { data: { code: "peer_unreachable" } } }]);
  await back.send({ ...requestOf("tools/call"), id: 2 });
  expect(sent).toEqual([{ ...requestOf("tools/call"), id: 2 }]);
});
