/** The pauses before a server process is started again. */
import { afterEach, expect, it, vi } from "vitest";
import { supervised } from "../../../../src/gateway/transports/supervised.ts";
import type { Message, Transport } from "../../../../src/gateway/transports/transport.ts";
import { afterTest } from "../../../support/cleanup.ts";

afterEach(() => void vi.restoreAllMocks());

const note = { jsonrpc: "2.0", method: "notifications/message", params: { level: "info" } };

/** A supervised process, of which a test says when it says something, and when it dies. */
async function supervising() {
  const started: Transport[] = [];
  const attempts: number[] = [];
  const transport = supervised({
    start() {
      const made: Transport = {
        start: async () => {},
        async send({ id }) {
          setImmediate(() => made.onmessage?.({ jsonrpc: "2.0", id, result: {} }));
        },
        close: async () => {},
      };
      started.push(made);
      return made;
    },
    onDown() {},
    onNote: (kind, attempt) => void (kind === "restarted" && attempts.push(attempt)),
  });
  afterTest(() => transport.close());
  await transport.start();
  const answered: unknown[] = [];
  transport.onmessage = (message) => answered.push((message as Message).id);
  const ask = async (id: number, method: string) => {
    await transport.send({ jsonrpc: "2.0", id, method });
    await expect.poll(() => answered).toContain(id);
  };
  const say = (message: Message) => started.at(-1)?.onmessage?.(message);
  /** Dies, and resolves when it has been started again. */
  const die = async () => {
    const count = attempts.length;
    started.at(-1)?.onclose?.();
    await expect.poll(() => attempts.length, { timeout: 5000 }).toBe(count + 1);
  };
  return { ask, say, die, attempts, answered };
}

it("grow for a process that says something, but does not stay up", async () => {
  const { say, die, attempts } = await supervising();
  for (let count = 0; count < 3; count += 1) {
    say(note);
    await die();
  }
  expect(attempts).toEqual([1, 2, 3]);
});

it("grow for a process that only answers what the gateway repeats", async () => {
  const { ask, die, attempts, answered } = await supervising();
  await ask(1, "initialize");
  await ask(2, "logging/setLevel");
  for (let count = 0; count < 2; count += 1) {
    await die();
    // The new process answers what the gateway repeated.
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  expect(attempts).toEqual([1, 2]);
  // Nobody else hears of what only the gateway asked for.
  expect(answered).toEqual([1, 2]);
});

it("are short again after an answer to the caller, and after a while", async () => {
  const { ask, die, attempts } = await supervising();
  await die();
  await ask(1, "tools/call");
  await die();
  const now = performance.now();
  vi.spyOn(performance, "now").mockImplementation(() => now + 40_000);
  await die();
  expect(attempts).toEqual([1, 1, 1]);
});

it("ends a process that it was just starting when it is closed", async () => {
  const started: Transport[] = [];
  const greeted: Transport[] = [];
  const closed: Transport[] = [];
  const transport = supervised({
    start() {
      const made: Transport = {
        start: async () => {},
        send: async () => void greeted.push(made),
        async close() {
          closed.push(made);
          made.onclose?.();
        },
      };
      started.push(made);
      return made;
    },
    onDown() {},
    onNote() {},
  });
  await transport.start();
  await transport.send({ jsonrpc: "2.0", id: 1, method: "initialize" });
  started[0]?.onclose?.();
  await expect.poll(() => greeted.length).toBe(2);
  await transport.close();
  expect(closed).toContain(started[1]);
  expect(started).toHaveLength(2);
});

it("does not take a process that could not be started for one that died", async () => {
  const noted: string[] = [];
  const transport = supervised({
    start() {
      const made: Transport = {
        async start() {
          made.onclose?.();
          throw new Error("There is no program.");
        },
        send: async () => {},
        close: async () => {},
      };
      return made;
    },
    onDown() {},
    onNote: (kind) => void noted.push(kind),
  });
  await expect(transport.start()).rejects.toThrow("There is no program.");
  await transport.close();
  expect(noted).toEqual([]);
});

it("answers a ping of the new process while it repeats the handshake", async () => {
  const started: Transport[] = [];
  const notes: string[] = [];
  const pings = new Set<Transport>();
  const transport = supervised({
    start() {
      const made: Transport = {
        start: async () => {},
        async send(message) {
          const say = (said: Message) => setImmediate(() => made.onmessage?.(said));
          if (message.method === "initialize") say({ jsonrpc: "2.0", id: "p", method: "ping" });
          // Answers only when its ping was answered.
          if (message.id !== "p") return;
          pings.add(made);
          say({ jsonrpc: "2.0", id: pings.size === 1 ? 1 : "glassine-restart", result: {} });
        },
        close: async () => {},
      };
      started.push(made);
      return made;
    },
    onDown() {},
    onNote: (kind) => void notes.push(kind),
  });
  afterTest(() => transport.close());
  transport.onmessage = (message) => {
    const { id, method } = message as Message;
    if (method === "ping") void transport.send({ jsonrpc: "2.0", id, result: {} });
  };
  await transport.start();
  await transport.send({ jsonrpc: "2.0", id: 1, method: "initialize" });
  await expect.poll(() => pings.size).toBe(1);
  started[0]?.onclose?.();
  await expect.poll(() => notes, { timeout: 10_000 }).toEqual(["died", "restarted"]);
});
