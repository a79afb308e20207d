/** A session's front: what waits for the session's own stream. */
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { eventStores } from "../../../../src/gateway/transports/event-store.ts";
import { sessionFront } from "../../../../src/gateway/transports/session-front.ts";
import { unlimited } from "../support/unlimited.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
afterEach(() => void vi.useRealTimers());

const message = (message: object) => ({ jsonrpc: "2.0", ...message });

/** A front whose transport answers every request with an empty body, and what it sent. */
async function started() {
  const sent: unknown[] = [];
  const undelivered: string[] = [];
  const said: unknown[] = [];
  class Inner {
    async start() {}
    async send(each: never) {
      sent.push(each);
    }
    async close() {}
    async handleRequest() {
      return new Response("");
    }
    closeSSEStream() {}
  }
  const front = sessionFront({
    sdk: { WebStandardStreamableHTTPServerTransport: Inner },
    id: "s-1",
    events: eventStores()(10, 65_536),
    queuedBytes: 65_536,
    onAnswered() {},
    onUndelivered: ({ message }) => undelivered.push(message),
    onCut() {},
  });
  front.transport.onmessage = (each) => said.push(each);
  await front.transport.start();
  await front.transport.send(message({ id: "q-1", method: "roots/list" }));
  await front.transport.send(message({ method: "notifications/message" }));
  return { front, sent, said, undelivered };
}

const open = () => new Request("http://localhost/mcp", { method: "GET" });

it("refuses what a server asks if no stream is opened for it within 30 seconds", async () => {
  const { front, sent, said, undelivered } = await started();
  vi.advanceTimersByTime(29_999);
  expect(said).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(said).toMatchObject([
    { id: "q-1", error: { code: -32014, data: { code: "peer_unreachable" } } },
  ]);
  expect(undelivered).toEqual(["No stream was opened for the message."]);
  await front.handle(open(), undefined, undefined, unlimited);
  expect(sent).toEqual([message({ method: "notifications/message" })]);
});

it.each([
  ["was sent on that stream", "open"],
  ["belongs to a session that is over", "close"],
])("does not refuse what %s", async (_, end) => {
  const { front, said, undelivered } = await started();
  if (end === "open") await front.handle(open(), undefined, undefined, unlimited);
  else await front.transport.close();
  vi.advanceTimersByTime(30_000);
  expect({ said, undelivered }).toEqual({ said: [], undelivered: [] });
});
