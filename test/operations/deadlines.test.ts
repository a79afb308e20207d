import { describe, expect, it } from "vitest";
import { allow, type PluginContext } from "../../src/index.ts";
import { verifies } from "../support/verifies.ts";
import { kept, managerOf, plugin, rejection } from "./support.ts";

const never = () => new Promise<never>(() => undefined);

describe("deadlines", () => {
  it("PH-041: a handler that never settles fails at its deadline, and is told", async () => {
    verifies("plugins:deadline");
    let signal: AbortSignal | undefined;
    const manager = await managerOf([
      plugin("aaa", {
        vote: {
          handler: (_facts: object, context: PluginContext) => {
            signal = context.signal;
            return never();
          },
          timeoutMs: 50,
        },
      }),
    ]);
    const error = await rejection(manager.invoke("vote", {}));
    expect(error.message).toBe(
      "handler 'aaa.handler' failed for hook 'vote': handler 'aaa.handler' timed out for hook 'vote' after 0.050s",
    );
    expect(error).toMatchObject({ data: { type: "timeout" } });
    expect(signal?.aborted).toBe(true);
    await manager.close();
  });

  it("PH-042: an error named TimeoutError is what the handler said", async () => {
    verifies("plugins:failure");
    const manager = await managerOf([
      plugin("aaa", {
        vote: {
          handler: (_) => {
            throw Object.assign(new Error("the database is slow"), { name: "TimeoutError" });
          },
          timeoutMs: 5000,
        },
      }),
    ]);
    const error = await rejection(manager.invoke("vote", {}));
    expect(error.message).toContain("the database is slow");
    expect(error.message).not.toContain("timed out");
  });

  it("PH-043: handlers that hang on one hook keep nobody on another from their turn", async () => {
    const manager = await managerOf([
      plugin("aaa", { told: { handler: never, timeoutMs: 200, extensions: false } }),
      plugin("bbb", { vote: { handler: async (_) => allow(), timeoutMs: 1000 } }),
    ]);
    const hung = Array.from({ length: 20 }, () => manager.invoke("told", {}));
    expect(await manager.invoke("vote", {})).toBe(allow());
    await Promise.all(hung);
  });

  it("a handler that blocks the thread beyond its deadline has timed out", async () => {
    verifies("plugins:deadline-blocked");
    const manager = await managerOf([
      plugin("aaa", {
        vote: {
          handler: (_) => {
            const end = performance.now() + 30;
            while (performance.now() < end);
            return allow();
          },
          timeoutMs: 10,
        },
      }),
    ]);
    await expect(manager.invoke("vote", {})).rejects.toThrow("after 0.010s");
  });

  it("what comes late is dropped and counted", async () => {
    verifies("plugins:deadline");
    const manager = await managerOf([
      plugin("aaa", {
        vote: {
          handler: (_) => new Promise((resolve) => setTimeout(() => resolve(allow()), 40)),
          timeoutMs: 10,
        },
      }),
    ]);
    await expect(manager.invoke("vote", {})).rejects.toThrow("timed out");
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect((await manager.close()).late).toBe(1);
  });

  it("the host's signal ends a run", async () => {
    verifies("plugins:aborted");
    const controller = new AbortController();
    const manager = await managerOf([
      plugin("aaa", { vote: { handler: never, extensions: false } }),
    ]);
    const pending = manager.invoke("vote", {}, { signal: controller.signal });
    controller.abort();
    await expect(pending).rejects.toMatchObject({ code: "aborted" });
    expect(manager.counts()).toMatchObject({ aborted: 1, inFlight: 0 });
    const late = manager.invoke("vote", {}, { signal: AbortSignal.abort() });
    await expect(late).rejects.toMatchObject({ code: "aborted" });
  });

  it("a hook that always resolves does so when the host gives up, too", async () => {
    verifies("plugins:aborted");
    const controller = new AbortController();
    const manager = await managerOf([
      plugin("aaa", { told: { handler: never, extensions: false } }),
    ]);
    const pending = manager.invoke("told", {}, { signal: controller.signal });
    controller.abort();
    expect(await pending).toBeUndefined();
    expect(manager.counts()).toMatchObject({ aborted: 1 });
  });
});

describe("a plugin that is not asyncSafe", () => {
  async function most(asyncSafe: boolean): Promise<number> {
    let running = 0;
    let peak = 0;
    const handler = async (_: unknown) => {
      running += 1;
      peak = Math.max(peak, running);
      await new Promise((resolve) => setTimeout(resolve, 5));
      running -= 1;
      return allow();
    };
    const manager = await managerOf([
      plugin("aaa", { vote: handler, told: handler }, { asyncSafe }),
    ]);
    await Promise.all([
      manager.invoke("vote", {}),
      manager.invoke("told", {}),
      manager.invoke("vote", {}),
      manager.invoke("told", {}),
    ]);
    return peak;
  }

  it("PH-045: has one handler running at a time; any other may have many", async () => {
    verifies("plugins:not-async-safe", "plugins:one-by-one");
    expect(await most(false)).toBe(1);
    expect(await most(true)).toBeGreaterThan(1);
  });

  it("is held to its deadline from when its handler begins", async () => {
    verifies("plugins:not-async-safe");
    const manager = await managerOf([
      plugin(
        "aaa",
        {
          vote: {
            handler: async (_) => {
              await new Promise((resolve) => setTimeout(resolve, 60));
              return allow();
            },
            timeoutMs: 100,
          },
        },
        { asyncSafe: false },
      ),
    ]);
    const votes = Array.from({ length: 3 }, () => manager.invoke("vote", {}));
    expect(await Promise.all(votes)).toEqual([allow(), allow(), allow()]);
  });

  it("goes on after a handler of it that never settles", async () => {
    verifies("plugins:lock-freed");
    let first = true;
    const manager = await managerOf([
      plugin(
        "aaa",
        {
          vote: {
            handler: (_) => {
              if (!first) return allow();
              first = false;
              return never();
            },
            timeoutMs: 20,
          },
        },
        { asyncSafe: false },
      ),
    ]);
    const hung = manager.invoke("vote", {});
    const next = manager.invoke("vote", {});
    await expect(hung).rejects.toThrow("timed out");
    expect(await next).toBe(allow());
  });

  it("does not wait for itself", async () => {
    verifies("plugins:lock-reentrancy");
    const { lines, logger } = kept();
    let again: (context: object) => Promise<unknown> = never;
    const manager = await managerOf(
      [
        plugin(
          "aaa",
          { vote: (_, context: object) => again(context), told: (_) => undefined },
          { asyncSafe: false },
        ),
      ],
      { logger: { warn: logger.warn } },
    );
    again = async (context) => {
      await manager.invoke("told", {}, { parent: context });
      return allow();
    };
    expect(await manager.invoke("vote", {})).toBe(allow());
    expect(lines).toEqual([
      "warn handler 'aaa.told' failed for hook 'told': The plugin is not asyncSafe, and one of its handlers waits for this run.",
    ]);
  });
});

it("PH-041: no timer keeps the process alive once nobody waits", async () => {
  const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;
  const before = timers();
  const manager = await managerOf([plugin("aaa", { vote: async (_) => allow() })]);
  await manager.invoke("vote", {});
  expect(timers()).toBe(before);
});
