import { describe, expect, it, vi } from "vitest";
import {
  allow,
  createPluginManager,
  definePlugin,
  deny,
  type PluginContext,
} from "../../src/index.ts";
import { uncaughtDuring } from "../audit/support.ts";
import { block } from "../support/block.ts";
import { verifies } from "../support/verifies.ts";
import { kept, managerOf, plugin, rejection } from "./support.ts";

const never = () => new Promise<never>(() => undefined);

describe("deadlines", () => {
  it("PH-041: a handler that never settles fails at its deadline, and the failure is reported", async () => {
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

  it("PH-042: an error named TimeoutError counts as the handler's own", async () => {
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

  it("PH-043: handlers that hang on one hook do not delay another hook", async () => {
    const manager = await managerOf([
      plugin("aaa", { happened: { handler: never, timeoutMs: 200, extensions: false } }),
      plugin("bbb", { vote: { handler: async (_) => allow(), timeoutMs: 1000 } }),
    ]);
    const hung = Array.from({ length: 20 }, () => manager.invoke("happened", {}));
    expect(await manager.invoke("vote", {})).toBe(allow());
    await Promise.all(hung);
  });

  it("a handler that blocks the thread beyond its deadline has timed out", async () => {
    verifies("plugins:deadline-blocked");
    const manager = await managerOf([
      plugin("aaa", {
        vote: {
          handler: (_) => {
            block(30);
            return allow();
          },
          timeoutMs: 10,
        },
      }),
    ]);
    await expect(manager.invoke("vote", {})).rejects.toThrow("after 0.010s");
  });

  it("a late result is dropped and counted", async () => {
    verifies("plugins:deadline");
    let answer: () => void = () => {};
    const manager = await managerOf([
      plugin("aaa", {
        vote: {
          handler: (_) =>
            new Promise((resolve) => {
              answer = () => resolve(allow());
            }),
          timeoutMs: 10,
        },
      }),
    ]);
    await expect(manager.invoke("vote", {})).rejects.toThrow("timed out");
    // Only now, so that the answer is late even on a busy machine.
    answer();
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

  it.each([
    ["vote", {}],
    ["value", 1],
    ["scores", [{ id: "a" }]],
    ["happened_strictly", {}],
  ])("the host's signal ends a run without handlers: %s", async (hook, payload) => {
    verifies("plugins:aborted");
    const manager = await managerOf([]);
    const run = manager.invoke(hook as "vote", payload as never, { signal: AbortSignal.abort() });
    await expect(run).rejects.toMatchObject({ code: "aborted" });
    expect(manager.counts()).toMatchObject({ started: 1, aborted: 1 });
  });

  it("the host's signal ends a run whose last handler made the host abort, unless it denied", async () => {
    const codeOf = async (answer: unknown) => {
      const controller = new AbortController();
      const vote = () => {
        controller.abort();
        return answer;
      };
      const manager = await managerOf([plugin("aaa", { vote } as never)]);
      const run = manager.invoke("vote", {}, { signal: controller.signal });
      return run.then(
        (decision) => decision.allow,
        ({ code }) => code,
      );
    };
    expect(await codeOf(allow())).toBe("aborted");
    expect(await codeOf(Promise.resolve(allow()))).toBe("aborted");
    expect(await codeOf(deny("no"))).toBe(false);
  });

  it("a hook that always resolves does so even if the host aborts", async () => {
    verifies("plugins:aborted");
    const controller = new AbortController();
    const manager = await managerOf([
      plugin("aaa", { happened: { handler: never, extensions: false } }),
    ]);
    const pending = manager.invoke("happened", {}, { signal: controller.signal });
    controller.abort();
    expect(await pending).toBeUndefined();
    expect(manager.counts()).toMatchObject({ aborted: 1 });
  });
});

describe("a handler that blocks the thread beyond its deadline", () => {
  it("has timed out even if it yielded the thread before", async () => {
    verifies("plugins:deadline-blocked");
    let signal: AbortSignal | undefined;
    const manager = await managerOf([
      plugin("aaa", {
        vote: {
          handler: async (_: object, context: PluginContext) => {
            signal = context.signal;
            await undefined;
            block(40);
            return allow();
          },
          timeoutMs: 20,
        },
      }),
    ]);
    await expect(manager.invoke("vote", {})).rejects.toThrow("after 0.020s");
    expect(signal?.aborted).toBe(true);
    expect(manager.counts()).toMatchObject({ errored: 1, allowed: 0 });
    expect((await manager.close()).late).toBe(1);
  });

  it.each([
    ["at once", () => allow()],
    ["by a promise", async () => allow()],
  ])("has timed out even if it was queued before, and answers %s", async (_, answer) => {
    verifies("plugins:deadline-blocked");
    let calls = 0;
    const manager = await managerOf([
      plugin(
        "aaa",
        {
          vote: {
            handler: (_) => {
              calls += 1;
              if (calls !== 2) return Promise.resolve(allow());
              block(600);
              return answer();
            },
            timeoutMs: 500,
          },
        },
        { asyncSafe: false },
      ),
    ]);
    const votes = [0, 1, 2].map(() => manager.invoke("vote", {}));
    expect(await votes[0]).toBe(allow());
    await expect(votes[1]).rejects.toThrow("after 0.500s");
    expect(await votes[2]).toBe(allow());
  });

  it("has timed out on a message hook, too, if its plugin is not asyncSafe", async () => {
    verifies("plugins:deadline-blocked");
    const blocker = definePlugin({
      name: "aaa",
      version: "1.0.0",
      asyncSafe: false,
      hooks: { evaluate: { handler: (_message) => block(40), timeoutMs: 20 } },
    });
    const manager = await createPluginManager({ plugins: [blocker], logger: {} });
    const { violation } = await manager.invoke("evaluate", { role: "user" });
    expect(violation?.code).toBe("handler_timeout");
  });
});

describe("a handler that rejects after its deadline", () => {
  const late = (_: unknown, { signal }: PluginContext) =>
    new Promise((_resolve, reject) => {
      signal.addEventListener("abort", () => setTimeout(reject, 5, new TypeError("hunter2")));
    });
  const said = (name: string, hook: string) =>
    `warn handler '${name}' rejected for hook '${hook}' after its deadline: TypeError`;
  const afterwards = () => new Promise((resolve) => setTimeout(resolve, 40));

  it.each([true, false])(
    "is logged once, without its message, if asyncSafe is %s",
    async (asyncSafe) => {
      verifies("plugins:deadline-late");
      const { lines, logger } = kept();
      // Longer than the call itself takes, even on a busy machine.
      const handlers = { vote: { handler: late, timeoutMs: 300 } };
      const manager = await managerOf([plugin("aaa", handlers, { asyncSafe })], { logger });
      const uncaught = await uncaughtDuring(async () => {
        await expect(manager.invoke("vote", {})).rejects.toThrow("timed out");
        await vi.waitFor(() => expect(lines.join()).toContain("rejected"), 10_000);
        await afterwards();
      });
      expect(uncaught).toEqual([]);
      expect(lines.filter((line) => line.startsWith("warn"))).toEqual([said("aaa.late", "vote")]);
      if (asyncSafe) expect((await manager.close()).late).toBe(1);
    },
  );

  it.each(["sequential", "concurrent", "fire_and_forget"] as const)(
    "is logged once on a message hook in mode %s",
    async (mode) => {
      verifies("plugins:deadline-late");
      const { lines, logger } = kept();
      const slow = definePlugin({
        name: "aaa",
        version: "1.0.0",
        hooks: { evaluate: { handler: late as never, mode, timeoutMs: 10 } },
      });
      const manager = await createPluginManager({ plugins: [slow], logger });
      await manager.invoke("evaluate", { role: "user" });
      await vi.waitFor(() => expect(lines.join()).toContain("rejected"), 10_000);
      await afterwards();
      expect(lines.filter((line) => line.startsWith("warn"))).toEqual([
        said("aaa.late", "evaluate"),
      ]);
      await manager.close();
    },
  );

  it("is logged without a value of its configuration, even as the name of a class", async () => {
    verifies("plugins:config-secrets");
    const { lines, logger } = kept();
    const naming = (_: unknown, { config, signal }: PluginContext) =>
      new Promise((_resolve, reject) => {
        const thrown = Object.assign(new Error("late"), { name: (config as { key: string }).key });
        signal.addEventListener("abort", () => setTimeout(reject, 5, thrown));
      });
    const named = plugin("aaa", { vote: { handler: naming, timeoutMs: 10 } });
    const manager = await managerOf([{ plugin: named, config: { key: "hunter2" } }], { logger });
    await expect(manager.invoke("vote", {})).rejects.toThrow("timed out");
    await vi.waitFor(() => expect(lines.join()).toContain("after its deadline"), 10_000);
    expect(lines.join()).not.toContain("hunter2");
  });

  it("is not logged if the host aborted, or if it had answered", async () => {
    const { lines, logger } = kept();
    const controller = new AbortController();
    const manager = await managerOf([plugin("aaa", { vote: late })], { logger });
    const pending = manager.invoke("vote", {}, { signal: controller.signal });
    controller.abort();
    await expect(pending).rejects.toMatchObject({ code: "aborted" });
    await afterwards();
    expect(lines.filter((line) => line.startsWith("warn"))).toEqual([]);
    expect((await manager.close()).late).toBe(1);
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
      plugin("aaa", { vote: handler, happened: handler }, { asyncSafe }),
    ]);
    await Promise.all([
      manager.invoke("vote", {}),
      manager.invoke("happened", {}),
      manager.invoke("vote", {}),
      manager.invoke("happened", {}),
    ]);
    return peak;
  }

  it("PH-045: has one handler running at a time; any other may have many", async () => {
    verifies("plugins:not-async-safe", "plugins:one-by-one");
    expect(await most(false)).toBe(1);
    expect(await most(true)).toBeGreaterThan(1);
  });

  it("has its deadline counted from the start of its handler", async () => {
    verifies("plugins:not-async-safe");
    const manager = await managerOf([
      plugin(
        "aaa",
        {
          vote: {
            handler: async (_) => {
              await new Promise((resolve) => setTimeout(resolve, 300));
              return allow();
            },
            timeoutMs: 1_000,
          },
        },
        { asyncSafe: false },
      ),
    ]);
    // The last handler starts after more than the timeout of 1,000 ms.
    const votes = Array.from({ length: 5 }, () => manager.invoke("vote", {}));
    expect(await Promise.all(votes)).toEqual(Array(5).fill(allow()));
  });

  it("continues after one of its handlers never settles", async () => {
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
          { vote: (_, context: object) => again(context), happened: (_) => undefined },
          { asyncSafe: false },
        ),
      ],
      { logger: { warn: logger.warn } },
    );
    again = async (context) => {
      await manager.invoke("happened", {}, { parent: context });
      return allow();
    };
    expect(await manager.invoke("vote", {})).toBe(allow());
    expect(lines).toEqual([
      "warn handler 'aaa.happened' failed for hook 'happened': The plugin is not asyncSafe, and one of its handlers waits for this run.",
    ]);
  });
});

it("PH-041: no timer keeps the process alive once nobody waits", async () => {
  const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;
  const before = timers();
  // With more managers than there are timers of the test runner, which may end meanwhile.
  const managers = before + 10;
  for (let i = 0; i < managers; i += 1) {
    const manager = await managerOf([plugin("aaa", { vote: async (_) => allow() })]);
    await manager.invoke("vote", {});
  }
  expect(timers()).toBeLessThan(managers);
});
