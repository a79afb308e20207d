/** Message hooks of a plugin that is not `asyncSafe`: one of its handlers runs at a time. */
import { definePlugin, deny, type PluginContext, type RunSettings } from "glassine";
import { describe, expect, it } from "vitest";
import { block } from "../support/block.ts";
import {
  call,
  type Deferred,
  deferred,
  hook,
  manage,
  plugin,
  rest,
  statusesOf,
  uncaughtDuring,
} from "./support.ts";

type Handler = (payload: unknown, context: PluginContext) => unknown;

/** A plugin with one handler, which runs once at a time. */
function alone(name: string, handler: Handler, settings: RunSettings = {}) {
  return definePlugin({
    name,
    version: "1.0.0",
    asyncSafe: false,
    hooks: { [hook]: { handler: handler as never, extensions: false, ...settings } },
  });
}

/** A handler that records who called it, and finishes each call on request. */
function gated() {
  const gates: Deferred<void>[] = [];
  const handler: Handler = () => {
    const gate = deferred();
    gates.push(gate);
    return gate.promise;
  };
  return { gates, handler };
}

describe("runs that wait for a plugin's handler", () => {
  it("run in the order in which they arrived", async () => {
    const { gates, handler } = gated();
    const manager = await manage([alone("one", handler)]);
    const runs = [0, 1, 2].map(() => manager.invoke(hook, call));
    await rest();
    expect(gates).toHaveLength(1);
    gates[0]?.resolve();
    await rest();
    // Of the two waiting runs one is left; another one queues behind it.
    expect(gates).toHaveLength(2);
    runs.push(manager.invoke(hook, call));
    for (const left of [1, 2, 3]) {
      gates[left]?.resolve();
      await runs[left];
      await rest();
    }
    expect(gates).toHaveLength(4);
  });

  it("run even after all earlier waiters have run", async () => {
    const { gates, handler } = gated();
    const manager = await manage([alone("one", handler)]);
    const runs = [manager.invoke(hook, call), manager.invoke(hook, call)];
    await rest();
    gates[0]?.resolve();
    await runs[0];
    await rest();
    expect(gates).toHaveLength(2);
    runs.push(manager.invoke(hook, call));
    gates[1]?.resolve();
    await rest();
    gates[2]?.resolve();
    await Promise.all(runs);
    expect(gates).toHaveLength(3);
  });

  it("do not run after their host aborted, and do not block others", async () => {
    const { gates, handler } = gated();
    const manager = await manage([alone("one", handler)]);
    const controller = new AbortController();
    const first = manager.invoke(hook, call);
    const second = manager.invoke(hook, call, { signal: controller.signal });
    const third = manager.invoke(hook, call);
    await rest();
    controller.abort();
    expect((await second).violation?.code).toBe("aborted");
    expect(statusesOf(await second)).toEqual(["cancelled"]);
    gates[0]?.resolve();
    await first;
    await rest();
    expect(gates).toHaveLength(2);
    gates[1]?.resolve();
    expect(statusesOf(await third)).toEqual(["completed"]);
    // The run that gave up waiting counts, although its handler was never called.
    expect((await manager.close()).late).toBe(1);
  });

  it("wait only for runs of their own manager", async () => {
    const { gates, handler } = gated();
    const one = alone("one", handler);
    const managers = [await manage([one]), await manage([one])];
    const runs = managers.map((manager) => manager.invoke(hook, call));
    await rest();
    expect(gates).toHaveLength(2);
    for (const gate of gates) gate.resolve();
    await Promise.all(runs);
  });
});

describe("a handler that runs exclusively and fails", () => {
  const failures: Readonly<Record<string, Handler>> = {
    "throws at once": () => {
      throw new Error("broken");
    },
    "rejects later": async () => {
      await rest();
      throw new Error("broken");
    },
  };

  it.each(Object.entries(failures))("has failed, and may run again: it %s", async (_, handler) => {
    const manager = await manage([alone("one", handler, { onError: "ignore" })]);
    for (let i = 0; i < 2; i++) {
      expect(statusesOf(await manager.invoke(hook, call))).toEqual(["error"]);
    }
  });

  it("has timed out if it blocked the thread and then returned", async () => {
    const atOnce: Handler = async () => block(20);
    const laterOn: Handler = async () => {
      await Promise.resolve();
      block(20);
    };
    for (const late of [atOnce, laterOn]) {
      const manager = await manage([alone("one", late, { timeoutMs: 5 })]);
      expect((await manager.invoke(hook, call)).violation?.code).toBe("handler_timeout");
    }
  });

  it("has thrown if it blocked the thread later and then threw", async () => {
    const late: Handler = async () => {
      await Promise.resolve();
      block(300);
      throw new Error("broken");
    };
    // Long enough not to pass before the handler continues, even on a busy machine.
    const manager = await manage([alone("one", late, { timeoutMs: 250 })]);
    expect((await manager.invoke(hook, call)).violation?.code).toBe("handler_error");
  });

  it("raises nothing if it blocked the thread and its promise rejects", async () => {
    const late: Handler = () => {
      block(20);
      return Promise.reject(new Error("late"));
    };
    const uncaught = await uncaughtDuring(async () => {
      const manager = await manage([alone("one", late, { timeoutMs: 5 })]);
      expect((await manager.invoke(hook, call)).violation?.code).toBe("handler_timeout");
      await rest();
    });
    expect(uncaught).toEqual([]);
  });

  it("does not count as late if it settles after its deadline", async () => {
    const late: Handler = (_, { signal }) =>
      new Promise<void>((resolve) => {
        signal.addEventListener("abort", () => setTimeout(resolve, 2));
      });
    const manager = await manage([alone("one", late, { timeoutMs: 5 })]);
    await manager.invoke(hook, call);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect((await manager.close()).late).toBe(0);
  });
});

describe("a run that a handler starts", () => {
  it("may not wait for a plugin whose handler waits for it", async () => {
    const codes: unknown[] = [];
    const again: Handler = async (_, context) => {
      await manager.invoke(hook, call, { parent: context });
    };
    const manager = await manage([alone("one", again)], {
      onHandlerError: (error) => void codes.push((error as { code?: unknown }).code),
    });
    expect((await manager.invoke(hook, call)).violation).toBeUndefined();
    expect(codes).toEqual(["reentrancy"]);
  });

  it("may run another plugin that runs exclusively", async () => {
    const statuses: unknown[] = [];
    const inner = await manage([alone("other", () => undefined)]);
    const outer: Handler = async (_, context) => {
      statuses.push(statusesOf(await inner.invoke(hook, call, { parent: context })));
    };
    const manager = await manage([alone("one", outer)]);
    await manager.invoke(hook, call);
    const free = await manage([plugin("free", outer as never)]);
    await free.invoke(hook, call);
    expect(statuses).toEqual([["completed"], ["completed"]]);
  });
});

it("a synchronous handler that runs exclusively is not awaited", async () => {
  const manager = await manage([alone("one", () => undefined)]);
  const controller = new AbortController();
  const pending = manager.invoke(hook, call, { signal: controller.signal });
  controller.abort();
  expect((await pending).continueProcessing).toBe(true);
});

it("a plugin that is called near the end of the stack can be called again", async () => {
  /** Runs `work` once, as many frames from the end of the stack. Returns its own distance. */
  const nearTheEnd = (frames: number, work: () => void): number => {
    let own = 0;
    try {
      own = nearTheEnd(frames, work) + 1;
    } catch {
      // This is the last frame.
    }
    if (own === frames) work();
    return own;
  };
  const handler = async () => {
    await null;
    return deny("no");
  };
  const manager = await manage([alone("one", handler, { mode: "concurrent", timeoutMs: 500 })]);
  // Compiled code has smaller frames.
  for (let run = 0; run < 2000; run += 1) await manager.invoke(hook, call);
  for (let frames = 0; frames < 300; frames += 1) {
    const runs: unknown[] = [];
    nearTheEnd(frames, () => {
      try {
        runs.push(manager.invoke(hook, call));
      } catch {
        // The stack ended before the manager could begin.
      }
    });
    await Promise.allSettled(runs);
  }
  await expect(manager.invoke(hook, call)).resolves.toMatchObject({
    violation: { code: "denied" },
  });
  await manager.close();
});
