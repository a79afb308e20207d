/**
 * A server process that is restarted, with growing pauses, when it dies.
 *
 * A session of MCP 2025-11-25 lives in the process, so the new process first gets the old one's
 * handshake and log level again. The caller does not notice the restart, except that its open
 * requests fail with an error code.
 */
import { setTimeout as wait } from "node:timers/promises";
import type { ChildBack } from "./child-back.ts";
import { Handshake } from "./handshake.ts";
import { errorOf, isAnswer, isMessage, isRequest, pongTo, type Transport } from "./transport.ts";

export type SupervisedNote = "died" | "restarted" | "failed";

type Supervised = Transport & Partial<Pick<ChildBack, "ending">>;

export interface SupervisedOptions {
  readonly start: () => Supervised;
  /** The process died, and will not answer open requests. */
  readonly onDown: () => void;
  readonly onNote: (kind: SupervisedNote, attempt: number) => void;
}

/** The first and the longest pause before a restart. */
const firstMs = 250;
const longestMs = 30_000;
/** A process that has run this long, or has answered its caller, did not fail to start. */
const steadyMs = 30_000;
/** How many times in a row a restart is tried before the process counts as gone for good. */
const attempts = 8;

const handshakeId = "glassine-restart";
const levelId = `${handshakeId}-level`;

export function supervised({ start, onDown, onNote }: SupervisedOptions): Transport {
  let current = start();
  let failures = 0;
  /** Resolves when the process takes messages; rejects if it could not be started. */
  let ready: Promise<void> = Promise.resolve();
  const stop = new AbortController();
  const handshake = new Handshake();

  const transport: Transport = {
    async start() {
      await current.start();
      // Only now: one that could not be started has not died, and is not started again.
      attach(current);
    },
    async send(message) {
      // A process that is being ended for an endless line takes nothing more: wait for the next one.
      if (!stop.signal.aborted) await current.ending;
      await ready;
      handshake.note(message);
      await current.send(message);
    },
    async close() {
      if (stop.signal.aborted) return;
      stop.abort();
      await current.close();
      transport.onclose?.();
    },
  };

  function attach(back: Supervised): void {
    const began = performance.now();
    /** Whether it is being ended for an endless line: its open requests have been refused. */
    const isEnding = () => back.ending !== undefined && !stop.signal.aborted;
    back.onmessage = (message, extra) => {
      if (isEnding()) return;
      if (isMessage(message) && isAnswer(message)) {
        // Answers what the gateway repeated, so nobody waits for it.
        if (message.id === levelId) return;
        failures = 0;
      }
      return transport.onmessage?.(message, extra);
    };
    back.onerror = (error) => transport.onerror?.(error);
    back.onclose = () => {
      if (stop.signal.aborted || back !== current) return;
      if (performance.now() - began >= steadyMs) failures = 0;
      onNote("died", failures);
      void restart();
      // After `restart`, so that a new request sent in response waits for the new process.
      if (!isEnding()) onDown();
    };
  }

  /**
   * Restarts the process. Messages wait for the first attempt. After a failed attempt they are
   * refused, so that nobody waits for a server that may not come back. Never rejects.
   */
  async function restart(): Promise<void> {
    for (;;) {
      failures += 1;
      if (failures > attempts) break;
      const ms = Math.min(longestMs, firstMs * 2 ** (failures - 1));
      if (failures > 1) await pause(ms);
      ready = again(failures > 1 ? 0 : ms);
      try {
        await ready;
        onNote("restarted", failures);
        return;
      } catch (error) {
        if (stop.signal.aborted) return;
        onNote("failed", failures);
        transport.onerror?.(errorOf(error));
      }
    }
    transport.onerror?.(new Error("The server does not stay up."));
    await transport.close();
  }

  async function again(ms: number): Promise<void> {
    await pause(ms);
    if (stop.signal.aborted) throw new Error("The connection is closed.");
    const back = start();
    // Set before it starts, so that `close` ends it too.
    current = back;
    const died = new Promise<never>((_, reject) => {
      back.onclose = () => reject(new Error("The server died while it started."));
    });
    try {
      await Promise.race([back.start().then(() => greet(back)), died]);
    } catch (error) {
      await back.close();
      throw error;
    }
    attach(back);
  }

  /** Repeats the handshake with a new process. */
  async function greet(back: Transport): Promise<void> {
    const { initialize, initialized, level } = handshake;
    if (initialize === undefined) return;
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error("No answer to initialize.")), 30_000).unref();
      const settle = (error?: Error) => {
        clearTimeout(timer);
        if (error === undefined) resolve();
        else reject(error);
      };
      back.onmessage = (message) => {
        if (!isMessage(message)) return;
        if (isRequest(message) && message.method === "ping")
          back.send(pongTo(message.id)).catch(() => {});
        if (message.id !== handshakeId || !isAnswer(message)) return;
        settle(message.error === undefined ? undefined : new Error("initialize was refused."));
      };
      back.send({ ...initialize, id: handshakeId }).catch((error) => settle(errorOf(error)));
    });
    if (initialized !== undefined) await back.send(initialized);
    if (level !== undefined) await back.send({ ...level, id: levelId });
  }

  /** Waits for `ms`, or until the connection is closed. */
  async function pause(ms: number): Promise<void> {
    await wait(ms, undefined, { signal: stop.signal }).catch(() => {});
  }

  return transport;
}
