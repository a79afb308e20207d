/** A process that exchanges share. */
import { expect, it } from "vitest";
import { sharedChild } from "../../../../src/gateway/transports/shared-child.ts";

const quiet = { isAnonymous: false, onDropped() {}, onGone() {} };

it("is in use from when an exchange asks for it, started or not, until that is closed", async () => {
  let started = () => {};
  let idle = 0;
  const child = sharedChild(
    {
      start: () =>
        new Promise<void>((resolve) => {
          started = resolve;
        }),
      send: async () => {},
      close: async () => {},
    },
    {
      ...quiet,
      onIdle() {
        idle += 1;
      },
    },
  );
  const one = child.connect();
  const starting = one.start();
  const other = child.connect();
  expect(child.connections).toBe(2);
  await other.close();
  expect([child.connections, idle]).toEqual([1, 0]);
  started();
  await starting;
  await one.close();
  expect([child.connections, idle]).toEqual([0, 1]);
});

it("is idle when its last exchange has ended, even if it does not read of that", async () => {
  let idle = 0;
  const sent: unknown[] = [];
  const child = sharedChild(
    {
      start: async () => {},
      send(message) {
        sent.push(message.method);
        // A cancellation waits until the process reads, which it never does.
        return sent.length === 1 ? Promise.resolve() : new Promise(() => {});
      },
      close: async () => {},
    },
    {
      ...quiet,
      onIdle() {
        idle += 1;
      },
    },
  );
  const exchange = child.connect();
  await exchange.start();
  await exchange.send({ jsonrpc: "2.0", id: 1, method: "tools/call" });
  await exchange.close();
  expect(sent).toEqual(["tools/call", "notifications/cancelled"]);
  expect(idle).toBe(1);
});
