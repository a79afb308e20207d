/** Requests that the gateway answers itself: the server gets a cancellation, but not of `initialize`. */
import { describe, expect, it } from "vitest";
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
