import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";
import {
  adds,
  call,
  deferred,
  hook,
  type Manager,
  manage,
  type PluginContext,
  plugin,
  rest,
  tagger,
} from "./support.ts";

const mode = "fire_and_forget";
const blank = { started: 0, completed: 0, failed: 0, timedOut: 0, dropped: 0, pending: 0 };

describe("closing a manager", () => {
  it("waits for runs in flight and for the background work they start", async () => {
    const turns: string[] = [];
    const gate = deferred();
    const manager = await manage([
      plugin("waits", (_p, _c) => gate.promise),
      plugin("behind", (_p, _c) => void turns.push("behind"), { mode }),
    ]);
    const running = manager.invoke(hook, call);
    const closing = manager.close();
    gate.resolve();
    expect((await running).continueProcessing).toBe(true);
    expect(await closing).toMatchObject({
      drained: true,
      background: { started: 1, completed: 1 },
    });
    expect(turns).toEqual(["behind"]);
  });

  it("waits for runs in flight each time it is called", async () => {
    const gate = deferred();
    const manager = await manage([plugin("waits", (_p, _c) => gate.promise)]);
    const running = manager.invoke(hook, call);
    const closing = [manager.close({ timeoutMs: 2000 }), manager.close({ timeoutMs: 2000 })];
    gate.resolve();
    await running;
    expect(await Promise.all(closing)).toMatchObject([{ drained: true }, { drained: true }]);
  });

  it("waits for background work and reports it", async () => {
    const turns: string[] = [];
    const manager = await manage([
      plugin(
        "behind",
        async (_p, _c) => {
          await rest();
          turns.push("done");
        },
        { mode },
      ),
    ]);
    await manager.invoke(hook, call);
    await manager.invoke(hook, call);
    const report = await manager.close();
    expect(report).toEqual({
      drained: true,
      background: { ...blank, started: 2, completed: 2 },
      late: 0,
    });
    expect(Object.keys(report)).toEqual(["drained", "background", "late"]);
    expect(inspect(report)).not.toContain("then");
    expect(Object.hasOwn(report, "then")).toBe(true);
    expect(turns).toEqual(["done", "done"]);
  });

  it("refuses invocations from then on, and may be repeated", async () => {
    verifies("dispatch:closed");
    const manager = await manage([tagger("tags")]);
    const closing = manager.close();
    await expect(manager.invoke(hook, call)).rejects.toMatchObject({ code: "manager_closed" });
    expect(await closing).toMatchObject({ drained: true });
    expect(await manager.close()).toMatchObject({ drained: true });
  });

  it("lets runs in progress end", async () => {
    const gate = deferred();
    const manager = await manage([
      plugin("waits", async (p, c, e) => {
        await gate.promise;
        return adds("waited")(p, c, e);
      }),
    ]);
    const running = manager.invoke(hook, call);
    const closing = manager.close();
    gate.resolve();
    expect((await running).extensions.security?.labels).toEqual(["waited"]);
    await closing;
  });
});

describe("a manager that is closing", () => {
  it("still runs what is nested in a run in flight, also through another manager", async () => {
    verifies("dispatch:closed");
    const gate = deferred();
    let depth = 0;
    const inner = await manage([
      plugin("between", async (_p, context) => {
        await manager.invoke(hook, call, { parent: context });
      }),
    ]);
    const manager: Manager = await manage([
      plugin("nests", async (_p, context) => {
        depth += 1;
        if (depth > 1) return;
        await gate.promise;
        await manager.invoke(hook, call, { parent: context });
        await inner.invoke(hook, call, { parent: context });
      }),
    ]);
    const running = manager.invoke(hook, call);
    const closing = manager.close();
    gate.resolve();
    expect((await running).continueProcessing).toBe(true);
    expect(depth).toBe(3);
    expect(await closing).toMatchObject({ drained: true });
  });

  it("waits for what a background handler nests and does not wait for", async () => {
    verifies("dispatch:closed");
    const gate = deferred();
    let nested = 0;
    let isOver = false;
    const manager: Manager = await manage([
      plugin(
        "nests",
        async (_p, context) => {
          nested += 1;
          if (nested > 1) return;
          await gate.promise;
          void manager.invoke(hook, call, { parent: context }).then(() => {
            isOver = true;
          });
        },
        { mode },
      ),
      plugin("slow", () => rest()),
    ]);
    await manager.invoke(hook, call);
    const closing = manager.close();
    gate.resolve();
    expect(await closing).toMatchObject({ drained: true });
    expect(isOver).toBe(true);
  });

  it("runs nothing nested in a run of another manager, or in one that has ended", async () => {
    const codes: unknown[] = [];
    const ended: PluginContext[] = [];
    const closed = await manage([plugin("keeps", (_p, context) => void ended.push(context))]);
    await closed.invoke(hook, call);
    await closed.close();
    const codeOf = (parent: PluginContext) =>
      closed.invoke(hook, call, { parent }).catch(({ code }) => codes.push(code));
    const manager = await manage([plugin("nests", (_p, context) => codeOf(context))]);
    await manager.invoke(hook, call);
    await codeOf(ended[0] as PluginContext);
    expect(codes).toEqual(["manager_closed", "aborted"]);
  });
});

describe("the queue of background work", () => {
  it("is refused without room for one task of each plugin", async () => {
    verifies("dispatch:background-bounded");
    const three = ["one", "two", "three"].map((name) => plugin(name, (_p) => undefined, { mode }));
    const records: unknown[] = [];
    const audit = { sink: (event: unknown) => records.push(event) };
    await expect(manage(three, { audit, maxBackground: 2 })).rejects.toMatchObject({
      code: "options_invalid",
      message:
        "maxBackground is 2, but 3 plugins have handlers in fire_and_forget, and each needs room for one: set it to 3 or more.",
    });
    // None of them has registered.
    expect(records).toEqual([]);
    await manage(three, { maxBackground: 3 });
  });

  it("drops work over its limit, counts it, and accepts more once there is capacity", async () => {
    verifies("dispatch:background-bounded");
    const gate = deferred();
    const manager = await manage([plugin("behind", (_p, _c) => gate.promise, { mode })], {
      maxBackground: 2,
    });
    const statuses: unknown[] = [];
    const invoke = async () => {
      const { executions } = await manager.invoke(hook, call);
      statuses.push(executions[0]?.status);
    };
    for (let i = 0; i < 4; i++) await invoke();
    await rest();
    gate.resolve();
    await rest();
    await invoke();
    expect(statuses).toEqual(["started", "started", "skipped", "skipped", "started"]);
    expect((await manager.close()).background).toEqual({
      ...blank,
      started: 3,
      completed: 3,
      dropped: 2,
    });
  });
});
