import { getEventListeners } from "node:events";
import process from "node:process";
import { afterEach, describe, expect, it } from "vitest";
import { call, hook, labelsOf, later, manage, never, plugin, type Run, tagger } from "./support.ts";

const { addEventListener, removeEventListener } = EventTarget.prototype;
const aborted = Object.getOwnPropertyDescriptor(AbortSignal.prototype, "aborted") ?? {};

afterEach(() => {
  Object.assign(EventTarget.prototype, { addEventListener, removeEventListener });
  Object.defineProperty(AbortSignal.prototype, "aborted", aborted);
});

/** Patches signals, then makes the run wait. */
const patching =
  (patch: () => void): Run =>
  async (_payload, _context) => {
    patch();
    await undefined;
  };

const throwing = () => {
  throw new Error("patched");
};

/** A signal that the runtime did not create, and the listeners to its abort. */
function lookalike() {
  const listeners = new Set<() => void>();
  const of = (type: string) => (type === "abort" ? listeners : new Set<() => void>());
  const signal = {
    aborted: false,
    addEventListener: (type: string, listener: () => void) => of(type).add(listener),
    removeEventListener: (type: string, listener: () => void) => of(type).delete(listener),
  };
  return { signal, listeners };
}

describe("a run with a signal of the host", () => {
  it("ends even if a plugin breaks removeEventListener", async () => {
    const manager = await manage([
      plugin(
        "breaks",
        patching(() => Object.assign(EventTarget.prototype, { removeEventListener: throwing })),
      ),
      tagger("after"),
    ]);
    const { signal } = new AbortController();
    const result = await manager.invoke(hook, call, { signal });
    expect([result.continueProcessing, labelsOf(result)]).toEqual([true, ["after"]]);
    expect((await manager.close()).drained).toBe(true);
  });

  it("exposes its signal and its listener to no patch", async () => {
    const seen: unknown[] = [];
    const spy = function (this: unknown, ...args: unknown[]) {
      seen.push(this, ...args);
    };
    const manager = await manage([
      plugin("patches", (_p) => {
        Object.assign(EventTarget.prototype, { addEventListener: spy });
        Object.defineProperty(AbortSignal.prototype, "aborted", { configurable: true, get: spy });
      }),
      plugin("waits", (_p) => later(2)),
    ]);
    await manager.invoke(hook, call, { signal: new AbortController().signal });
    expect(seen).toEqual([]);
  });

  it("aborts even if a plugin patches signals to never abort", async () => {
    const controller = new AbortController();
    const manager = await manage([
      plugin("lies", (_p) => {
        Object.defineProperty(AbortSignal.prototype, "aborted", {
          configurable: true,
          get: () => false,
        });
        controller.abort();
      }),
      tagger("after"),
    ]);
    const result = await manager.invoke(hook, call, { signal: controller.signal });
    expect([result.violation?.code, labelsOf(result)]).toEqual(["aborted", []]);
  });

  it("shares it with any number of runs: all end, and no listener remains", async () => {
    const warnings: unknown[] = [];
    const note = (warning: unknown) => warnings.push(warning);
    process.on("warning", note);
    try {
      const host = new AbortController();
      const manager = await manage([
        plugin("waits", (payload) => (payload.name === "hangs" ? never() : later(2))),
      ]);
      const start = (name: string) =>
        Array.from({ length: 50 }, () => manager.invoke(hook, { name }, { signal: host.signal }));
      const hanging = start("hangs");
      await Promise.all(start("ends"));
      expect(getEventListeners(host.signal, "abort")).toHaveLength(1);
      host.abort();
      const codes = (await Promise.all(hanging)).map(({ violation }) => violation?.code);
      expect(codes).toEqual(hanging.map(() => "aborted"));
      expect(getEventListeners(host.signal, "abort")).toHaveLength(0);
      await later(2);
      expect(warnings).toEqual([]);
    } finally {
      process.off("warning", note);
    }
  });

  it("leaves no listener while no run waits, and the next one listens again", async () => {
    const host = new AbortController();
    const listeners = () => getEventListeners(host.signal, "abort").length;
    const seen: number[] = [];
    const manager = await manage([
      plugin("waits", async (_p) => {
        await later(1);
        seen.push(listeners());
      }),
    ]);
    for (let i = 0; i < 3; i++) {
      await manager.invoke(hook, call, { signal: host.signal });
      seen.push(listeners());
    }
    expect(seen).toEqual([1, 0, 1, 0, 1, 0]);
  });

  it("ends others too if one that ends aborts, nests or ends some itself", async () => {
    const host = new AbortController();
    const order: string[] = [];
    const manager = await manage([
      plugin("listens", (payload, context) => {
        context.signal.addEventListener("abort", () => {
          order.push(payload.name);
          host.abort();
          throw new Error("from a listener");
        });
        return never();
      }),
    ]);
    const uncaught: unknown[] = [];
    const note = (error: unknown) => uncaught.push(error);
    const others = process.listeners("uncaughtException");
    process.removeAllListeners("uncaughtException");
    process.on("uncaughtException", note);
    try {
      const running = ["a", "b", "c"].map((name) =>
        manager.invoke(hook, { name }, { signal: host.signal }),
      );
      host.abort();
      const codes = (await Promise.all(running)).map(({ violation }) => violation?.code);
      expect(codes).toEqual(["aborted", "aborted", "aborted"]);
      expect(order).toEqual(["a", "b", "c"]);
      await later(2);
    } finally {
      process.off("uncaughtException", note);
      for (const other of others) process.on("uncaughtException", other);
    }
    expect(uncaught).toHaveLength(3);
  });

  it("listens to it despite a patched Object.prototype", async () => {
    const host = new AbortController();
    const patch = { signal: AbortSignal.abort(), capture: true, once: false, passive: true };
    const patches: Run = (_payload, _context) => {
      Object.assign(Object.prototype, patch);
      return never();
    };
    const manager = await manage([plugin("patches", patches)]);
    let running: ReturnType<typeof manager.invoke>;
    try {
      running = manager.invoke(hook, call, { signal: host.signal });
    } finally {
      for (const name of Object.keys(patch)) Reflect.deleteProperty(Object.prototype, name);
    }
    expect(getEventListeners(host.signal, "abort")).toHaveLength(1);
    host.abort();
    expect((await running).violation?.code).toBe("aborted");
    expect(getEventListeners(host.signal, "abort")).toHaveLength(0);
  });

  it("accepts a signal that the runtime did not create", async () => {
    const { signal, listeners } = lookalike();
    const manager = await manage([plugin("hangs", (_p) => never())]);
    const running = manager.invoke(hook, call, { signal: signal as never });
    expect(listeners.size).toBe(1);
    for (const listener of listeners) listener();
    expect((await running).violation?.code).toBe("aborted");
    expect(listeners.size).toBe(0);
    const late = manager.invoke(hook, call, { signal: { ...signal, aborted: true } as never });
    expect((await late).violation?.code).toBe("aborted");
  });

  it("starts no more handlers of a phase once such a signal reported the abort", async () => {
    const { signal, listeners } = lookalike();
    const started: string[] = [];
    const mode = "concurrent";
    const manager = await manage([
      plugin("waits", (_p) => later(1)),
      plugin(
        "aborts",
        (_p) => {
          for (const listener of listeners) listener();
        },
        { mode },
      ),
      plugin("next", (_p) => void started.push("next"), { mode }),
    ]);
    const result = await manager.invoke(hook, call, { signal: signal as never });
    expect(result.violation?.code).toBe("aborted");
    expect(started).toEqual([]);
  });
});
