/** A process that exchanges share. */
import * as fc from "fast-check";
import { expect, it } from "vitest";
import { sharedChild } from "../../../../src/gateway/transports/shared-child.ts";
import type { Transport } from "../../../../src/gateway/transports/transport.ts";
import { excessOf } from "../../../support/growth.ts";

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

/** A child that exchanges share, and which of their requests its notes went to. */
async function noting(isAnonymous: boolean) {
  const notedTo: (number | "nobody")[] = [];
  const process: Transport = { start: async () => {}, send: async () => {}, close: async () => {} };
  const child = sharedChild(process, {
    ...quiet,
    isAnonymous,
    onDropped: () => notedTo.push("nobody"),
    onIdle() {},
  });
  const note = { jsonrpc: "2.0", method: "notifications/message", params: {} };
  return {
    notedTo,
    /** Begins an exchange with this request. */
    async ask(id: number, method: string): Promise<Transport> {
      const exchange = child.connect();
      exchange.onmessage = () => notedTo.push(id);
      await exchange.send({ jsonrpc: "2.0", id, method });
      return exchange;
    },
    say: () => process.onmessage?.(note),
  };
}

it("gets its notes to the newest call, or else to the newest subscription, or to nobody", async () => {
  const methods = fc.constantFrom("tools/call", "subscriptions/listen", undefined);
  const steps = fc.array(fc.tuple(methods, fc.nat(9)), { maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(steps, fc.boolean(), async (taken, isAnonymous) => {
      const { ask, say, notedTo } = await noting(isAnonymous);
      const open: { id: number; method: string; exchange: Transport }[] = [];
      for (const [id, [method, at]] of taken.entries()) {
        if (method !== undefined) open.push({ id, method, exchange: await ask(id, method) });
        else if (open.length > 0) await open.splice(at % open.length, 1)[0]?.exchange.close();
        say();
        const calls = open.filter((each) => each.method === "tools/call");
        const likely = calls.length > 0 ? calls : open;
        const isUnclear = isAnonymous && likely.length > 1;
        expect(notedTo.at(-1)).toBe((isUnclear ? undefined : likely.at(-1)?.id) ?? "nobody");
      }
    }),
    { numRuns: 50 },
  );
});

it("gets its notes to a call in time that does not grow with how many are open", async () => {
  const input = async (count: number) => {
    const made = await noting(false);
    for (let id = 0; id < count; id += 1) await made.ask(id, "tools/call");
    return { ...made, count };
  };
  const run = ({ say, notedTo, count }: Awaited<ReturnType<typeof input>>) => {
    for (let at = 0; at < count; at += 1) say();
    return notedTo.length;
  };
  expect(await excessOf({ input, run }, { longTime: 100 })).toBeUndefined();
});
