/** Failures: signals, faked and patched. */
import { afterEach, expect, it } from "vitest";
import {
  call,
  hook,
  labelsOf,
  later,
  manage,
  never,
  plugin,
  runOnce,
  tagger,
  uncaughtDuring,
} from "../dispatch/support.ts";
import { verifies } from "../support/verifies.ts";
import { attack } from "./attack.ts";

const modes = ["sequential", "concurrent"] as const;

type Loose = Record<string, unknown>;

/** What a handler may do to the signal it received. */
const tricks: Readonly<Record<string, (signal: AbortSignal) => unknown>> = {
  "ignores it": () => undefined,
  "dispatches a fake abort on it": (signal) => signal.dispatchEvent(new Event("abort")),
  "removes listeners from it": (signal) => {
    for (const listener of [() => {}, null])
      signal.removeEventListener("abort", listener as () => void);
  },
  "makes its methods throw": (signal) => {
    const broken = () => {
      throw new Error("patched");
    };
    const names = ["dispatchEvent", "addEventListener", "removeEventListener", "throwIfAborted"];
    for (const name of names) (signal as unknown as Loose)[name] = broken;
  },
  "makes its methods do nothing": (signal) => {
    for (const name of ["dispatchEvent", "addEventListener", "removeEventListener"])
      (signal as unknown as Loose)[name] = () => undefined;
  },
  "says that it is aborted": (signal) => Object.defineProperty(signal, "aborted", { value: true }),
  "says that it never is": (signal) => Object.defineProperty(signal, "aborted", { value: false }),
  "sets another prototype": (signal) => Object.setPrototypeOf(signal, {}),
  "freezes it": (signal) => Object.freeze(signal),
  // The controller belongs to the library, but its prototype is shared.
  "puts a proxy above all controllers": () => {
    const broken = () => {
      throw new Error("patched");
    };
    const proxy = new Proxy({}, { getPrototypeOf: broken, get: broken, has: broken });
    Object.setPrototypeOf(AbortController.prototype, proxy);
  },
};
afterEach(() => {
  Object.setPrototypeOf(AbortController.prototype, Object.prototype);
});
const cases = Object.entries(tricks).flatMap(([what, trick]) =>
  modes.map((mode) => ({ what, trick, mode })),
);

attack(
  "A-151",
  "Ignore, fake or patch the signal that a handler receives",
  "the deadline holds; every handler has its own signal, and none has the host's",
  () => {
    it.each(cases)("a handler that $what in mode $mode", async ({ trick, mode }) => {
      verifies("dispatch:signal");
      const signals: AbortSignal[] = [];
      const host = new AbortController();
      let aborts = 0;
      const looks = plugin(
        "looks",
        (_p, context) => {
          signals.push(context.signal);
          context.signal.addEventListener("abort", () => {
            aborts += 1;
          });
          return never();
        },
        { mode: "concurrent", timeoutMs: 20, onError: "ignore" },
      );
      const tricky = plugin(
        "tricky",
        (_p, context) => {
          signals.push(context.signal);
          trick(context.signal);
          return never();
        },
        { mode, timeoutMs: 10, onError: "ignore" },
      );
      const uncaught = await uncaughtDuring(async () => {
        const manager = await manage([tagger("before"), tricky, looks, tagger("after")]);
        const result = await manager.invoke(hook, call, { signal: host.signal });
        expect(result.violation).toBeUndefined();
        expect(labelsOf(result)).toEqual(["after", "before"]);
        expect(result.errors.map((error) => [error.plugin, error.code])).toEqual([
          ["tricky", "handler_timeout"],
          ["looks", "handler_timeout"],
        ]);
        expect(await manager.close()).toMatchObject({ drained: true });
      });
      expect(uncaught).toEqual([]);
      expect(aborts).toBe(1);
      expect(new Set([...signals, host.signal]).size).toBe(3);
      expect(host.signal.aborted).toBe(false);
    });

    it.each(cases)(
      "the host still aborts one that $what in mode $mode",
      async ({ trick, mode }) => {
        const host = new AbortController();
        const tricky = plugin(
          "tricky",
          (_p, context) => {
            trick(context.signal);
            return never();
          },
          { mode },
        );
        const uncaught = await uncaughtDuring(async () => {
          const manager = await manage([tricky]);
          const running = manager.invoke(hook, call, { signal: host.signal });
          host.abort();
          expect((await running).violation).toMatchObject({ code: "aborted" });
          expect(await manager.close()).toMatchObject({ drained: true });
        });
        expect(uncaught).toEqual([]);
      },
    );

    it("a handler that patches it in the background", async () => {
      const patched = plugin(
        "patched",
        (_p, context) => {
          (context.signal as unknown as Loose).dispatchEvent = () => {
            throw new Error("patched");
          };
          return never();
        },
        { mode: "fire_and_forget", timeoutMs: 10 },
      );
      const manager = await manage([patched]);
      await manager.invoke(hook, call);
      const { background } = await manager.close();
      expect(background).toMatchObject({ started: 1, timedOut: 1, failed: 0, pending: 0 });
    });

    it("a fake abort affects only the handler that dispatched it", async () => {
      const signals: AbortSignal[] = [];
      const keeping = (name: string, mode: "sequential" | "concurrent") =>
        plugin(
          name,
          async (_payload, context) => {
            signals.push(context.signal);
            context.signal.dispatchEvent(new Event("abort"));
            await later(2);
          },
          { mode },
        );
      const host = new AbortController();
      const result = await runOnce(
        [
          keeping("one", "sequential"),
          keeping("two", "sequential"),
          keeping("three", "concurrent"),
          keeping("four", "concurrent"),
        ],
        { signal: host.signal },
      );
      expect(result.continueProcessing).toBe(true);
      expect(new Set([...signals, host.signal]).size).toBe(5);
      expect([...signals, host.signal].some(({ aborted }) => aborted)).toBe(false);
    });
  },
);
