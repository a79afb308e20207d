import { createPluginManager as createStandard, definePlugin, type Manager } from "glassine";
import { health } from "glassine/audit";
import { createPluginManager, definePlugin as defineNodePlugin } from "glassine/memory-node";
import { type Holder, withPlugins } from "glassine/testing";
import { describe, expect, expectTypeOf, it } from "vitest";

const named = (name: string) =>
  definePlugin({ name, version: "1.0.0", hooks: { tool_pre_invoke: (_payload) => undefined } });
const one = named("plugin-one");
const two = named("plugin-two");
const names = (manager: Manager) => manager.plugins.map(({ name }) => name);
const call = { name: "add" };

/** Returns the error with which a promise rejects. */
const refusalOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => expect.unreachable("it resolved"),
    (error: unknown) => error,
  );

type NodeManager = Awaited<ReturnType<typeof createPluginManager>>;
const holderOf = (manager?: Manager): Holder<Manager> => ({ manager });
const previous = () => withPlugins([], (manager) => manager);

describe("withPlugins", () => {
  it("takes undefined for an option that is not given, in types and at run time", async () => {
    const none = undefined;
    const options = { replace: none, close: none };
    expect(await withPlugins([one], names, options)).toEqual(["plugin-one"]);
  });

  it("runs the body with a manager of the plugins, and returns the body's result", async () => {
    expect(await withPlugins([one, two], names)).toEqual(["plugin-one", "plugin-two"]);
    const allowed = await withPlugins([one], async (manager) => {
      const { continueProcessing } = await manager.invoke("tool_pre_invoke", call);
      return continueProcessing;
    });
    expectTypeOf(allowed).toEqualTypeOf<boolean>();
    expect(allowed).toBe(true);
  });

  it("accepts the options of the manager", async () => {
    const slow = definePlugin({
      name: "slow",
      version: "1.0.0",
      hooks: { tool_pre_invoke: (_payload) => new Promise<undefined>(() => {}) },
    });
    const code = await withPlugins(
      [slow],
      async (manager) => (await manager.invoke("tool_pre_invoke", call)).errors[0]?.code,
      { timeoutMs: 5 },
    );
    expect(code).toBe("handler_timeout");
  });

  it("accepts another host's createPluginManager, with its types", async () => {
    const plugin = defineNodePlugin({
      name: "register",
      version: "1.0.0",
      hooks: { migration_register: (list) => list },
    });
    const handled = await withPlugins(
      [plugin],
      (manager) => {
        expectTypeOf(manager).toEqualTypeOf<NodeManager>();
        return [manager.handles("migration_register"), manager.handles("recall_rank")] as const;
      },
      { createPluginManager },
    );
    expect(handled).toEqual([true, false]);
  });

  it("closes the manager when the body has ended or failed", async () => {
    const managers: Manager[] = [];
    const keep = (manager: Manager) => managers.push(manager);
    await withPlugins([one], keep);
    await refusalOf(
      withPlugins([one], (manager) => {
        keep(manager);
        throw new Error("on purpose");
      }),
    );
    for (const manager of managers)
      await expect(manager.invoke("tool_pre_invoke", call)).rejects.toMatchObject({
        code: "manager_closed",
      });
    expect(managers).toHaveLength(2);
  });

  it("lets background work, records and health polling end before it resolves", async () => {
    const ended: string[] = [];
    const later = (what: string) =>
      new Promise<void>((resolve) => setTimeout(() => resolve(void ended.push(what)), 20));
    let polled = 0;
    const plugin = definePlugin({
      name: "background",
      version: "1.0.0",
      hooks: {
        tool_pre_invoke: { mode: "fire_and_forget", handler: (_payload) => later("handler") },
      },
      healthCheck: () => {
        polled += 1;
        return health("healthy");
      },
    });
    const body = async (manager: Manager) => {
      await manager.invoke("tool_pre_invoke", call);
      while (polled === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    };
    await withPlugins([plugin], body, {
      health: { poll: true, intervalMs: 5 },
      audit: { sink: () => later("record") },
      logger: {},
    });
    expect(ended).toContain("handler");
    expect(ended).toContain("record");
    const before = polled;
    const records = ended.length;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(polled).toBe(before);
    expect(ended).toHaveLength(records);
  });

  it("reports what does not end in time, unless the body failed", async () => {
    const forever = (_payload: unknown) => new Promise<undefined>(() => {});
    const endless = definePlugin({
      name: "endless",
      version: "1.0.0",
      hooks: {
        tool_pre_invoke: { mode: "fire_and_forget", timeoutMs: null, handler: forever },
        tool_post_invoke: { timeoutMs: null, handler: forever },
      },
    });
    const startBackground = (manager: Manager) => manager.invoke("tool_pre_invoke", call);
    const startRun = (manager: Manager) => {
      void manager.invoke("tool_post_invoke", { ...call, result: 1 });
    };
    const startBoth = async (manager: Manager) => {
      await startBackground(manager);
      startRun(manager);
      startRun(manager);
    };
    const close = { timeoutMs: 20 };
    let isStuck = false;
    const audit = { sink: () => (isStuck ? forever(1) : undefined) };
    const writeRecord = (manager: Manager) => {
      isStuck = true;
      void manager.audit({
        eventType: "acme.started",
        actorUri: "system:acme",
        targetUri: "host:eu-1",
        outcome: "success",
      });
    };
    const reported = async (body: (manager: Manager) => unknown, more = {}) => {
      const error = await refusalOf(withPlugins([endless], body, { close, ...more }));
      return (error as Error).message;
    };
    expect(await reported(startBackground)).toContain("in time: 1 background handler.");
    expect(await reported(startRun)).toContain("in time: 1 run.");
    expect(await reported(startBoth)).toContain("in time: 2 runs, 1 background handler.");
    expect(await reported(writeRecord, { audit })).toContain("in time: records of the audit");
    const failing = async (manager: Manager) => {
      await startBackground(manager);
      throw new Error("on purpose");
    };
    expect(await reported(failing)).toBe("on purpose");
  });

  it("rejects with the error of the body, even if closing fails as well", async () => {
    const broken = async (options: never) => ({
      ...(await createStandard(options)),
      close: () => Promise.reject(new Error("cannot close")),
    });
    const failing = () => {
      throw new Error("on purpose");
    };
    const options = { createPluginManager: broken as unknown as typeof createStandard };
    await expect(withPlugins([one], failing, options)).rejects.toThrow("on purpose");
    await expect(withPlugins([one], names, options)).rejects.toThrow("cannot close");
  });

  it("PH-113: concurrent bodies each see their own plugins throughout", async () => {
    const seen = { one: new Set<string>(), two: new Set<string>() };
    const watch = (key: "one" | "two") => async (manager: Manager) => {
      for (let i = 0; i < 5; i++) {
        for (const name of names(manager)) seen[key].add(name);
        const { executions } = await manager.invoke("tool_pre_invoke", call);
        for (const { plugin } of executions) seen[key].add(plugin);
        await new Promise((resolve) => setTimeout(resolve, key === "one" ? 1 : 2));
      }
    };
    await Promise.all([withPlugins([one], watch("one")), withPlugins([two], watch("two"))]);
    expect([[...seen.one], [...seen.two]]).toEqual([["plugin-one"], ["plugin-two"]]);
  });
});

describe("replace", () => {
  it("replaces the manager while the body runs, and restores the previous one", async () => {
    const before = await previous();
    const holder = holderOf(before);
    await withPlugins([one], (manager) => expect(holder.manager).toBe(manager), {
      replace: holder,
    });
    expect(holder.manager).toBe(before);
    const empty = holderOf();
    await withPlugins([one], () => expect(empty.manager).toBeDefined(), { replace: empty });
    expect(empty.manager).toBeUndefined();
  });

  it("PH-112: the error of a body that throws or rejects surfaces, and the previous one is restored", async () => {
    const before = await previous();
    const error = new Error("on purpose");
    const failing = [
      () => {
        throw error;
      },
      () => Promise.reject(error),
      async () => {
        await new Promise((resolve) => setTimeout(resolve, 1));
        throw error;
      },
    ];
    for (const body of failing) {
      const holder = holderOf(before);
      expect(await refusalOf(withPlugins([one], body, { replace: holder }))).toBe(error);
      expect(holder.manager).toBe(before);
    }
  });

  it("PH-112: the previous one is restored even if the body put something else there", async () => {
    const before = await previous();
    const holder = holderOf(before);
    const body = () => {
      holder.manager = undefined;
    };
    await withPlugins([one], body, { replace: holder });
    expect(holder.manager).toBe(before);
  });

  it("PH-114: plugins that cannot be registered are refused before the body runs or anything is replaced", async () => {
    const before = await previous();
    const holder = holderOf(before);
    const written: unknown[] = [];
    const watched: Holder<Manager> = {
      get manager() {
        return holder.manager;
      },
      set manager(manager) {
        written.push(manager);
      },
    };
    let ran = false;
    const body = () => {
      ran = true;
    };
    const refused = [[one, named("plugin-one")], [{ plugin: one, grant: ["read_labls"] }], "none"];
    for (const plugins of refused) {
      for (const replace of [holder, watched])
        expect(await refusalOf(withPlugins(plugins as never, body, { replace }))).toMatchObject({
          code: expect.stringMatching(/^(plugin|options|capability)_/),
        });
    }
    expect([ran, written]).toEqual([false, []]);
    expect(holder.manager).toBe(before);
  });

  it("accepts a variable behind an accessor", async () => {
    let current: Manager | undefined;
    const replace: Holder<Manager> = {
      get manager() {
        return current;
      },
      set manager(manager) {
        current = manager;
      },
    };
    await withPlugins([one], (manager) => expect(current).toBe(manager), { replace });
    expect(current).toBeUndefined();
  });

  it("restores in reverse order if calls are nested", async () => {
    const before = await previous();
    const holder = holderOf(before);
    await withPlugins(
      [one],
      async (outer) => {
        await refusalOf(
          withPlugins(
            [two],
            (inner) => {
              expect(holder.manager).toBe(inner);
              throw new Error("on purpose");
            },
            { replace: holder },
          ),
        );
        expect(holder.manager).toBe(outer);
      },
      { replace: holder },
    );
    expect(holder.manager).toBe(before);
  });

  it("ends with the original, in whatever order overlapping calls end", async () => {
    const before = await previous();
    const holder = holderOf(before);
    const ends: (() => void)[] = [];
    const bodies = [one, two, named("plugin-three")].map((plugin) =>
      withPlugins([plugin], () => new Promise<void>((resolve) => ends.push(resolve)), {
        replace: holder,
      }),
    );
    while (ends.length < 3) await new Promise((resolve) => setTimeout(resolve, 1));
    const currentName = () => holder.manager?.plugins[0]?.name;
    const top = currentName();
    for (const at of [0, 2, 1]) {
      ends[at]?.();
      await bodies[at];
      // The top one stays in place while it runs.
      if (at === 0) expect(currentName()).toBe(top === "plugin-one" ? currentName() : top);
    }
    expect(holder.manager).toBe(before);
  });
});

describe("what withPlugins refuses", () => {
  it.each([
    ["no body", [[one], undefined], "expects a body"],
    ["invalid options", [[one], () => 1, []], "options in an object"],
    ["plugins among the options", [[one], () => 1, { plugins: [] }], "plugins first"],
    ["no createPluginManager", [[one], () => 1, { createPluginManager: 1 }], "function of a host"],
    ["no holder", [[one], () => 1, { replace: {} }], "property manager"],
    ["half a holder", [[one], () => 1, { replace: { get: () => 1 } }], "property manager"],
    ["an unknown option", [[one], () => 1, { replaces: {} }], 'no option "replaces"'],
  ])("%s", async (_, args, message) => {
    const error = await refusalOf(withPlugins(...(args as unknown as [never, never])));
    expect(error).toMatchObject({ code: "options_invalid" });
    expect((error as Error).message).toContain(message);
  });

  it.each([
    ["an unknown option of close", { timeout: 30 }, 'no option "timeout"'],
    ["no time for close", { timeoutMs: 0 }, "timeoutMs of close"],
    ["no options for close", null, "options in an object"],
  ])("%s, before the body runs", async (_, close, message) => {
    let ran = false;
    const body = () => {
      ran = true;
      throw new Error("on purpose");
    };
    const error = await refusalOf(withPlugins([one], body, { close } as never));
    expect(error).toMatchObject({ code: "options_invalid" });
    expect((error as Error).message).toContain(message);
    expect(ran).toBe(false);
  });
});
