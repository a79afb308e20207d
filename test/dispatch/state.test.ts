import { definePlugin, deny } from "glassine";
import { describe, expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";
import {
  call,
  hook,
  type Manager,
  manage,
  type PluginContext,
  plugin,
  type Run,
  runOnce,
} from "./support.ts";

/** A plugin that records what its state holds, and adds to it. */
function counting(name: string, seen: unknown[]) {
  return plugin(name, (_payload, context) => {
    const count = ((context.state.get("count") as number | undefined) ?? 0) + 1;
    context.state.set("count", count);
    seen.push([name, count]);
  });
}

describe("the state of a plugin", () => {
  it("is carried from one invocation to the next by the result's context", async () => {
    verifies("dispatch:state", "dispatch:state-carried");
    const seen: unknown[] = [];
    const manager = await manage([counting("one", seen), counting("two", seen)]);
    const first = await manager.invoke(hook, call);
    const second = await manager.invoke(hook, call, { context: first.context });
    await manager.invoke(hook, call, { context: second.context });
    expect(seen).toEqual([
      ["one", 1],
      ["two", 1],
      ["one", 2],
      ["two", 2],
      ["one", 3],
      ["two", 3],
    ]);
    expect(second.context).toBe(first.context);
  });

  it("is carried from the pre hook to the post hook, even after a denial or an abort", async () => {
    const seen: unknown[] = [];
    const manager = await manage([counting("one", seen), plugin("bad", (_p, _c) => 5)]);
    const first = await manager.invoke(hook, call);
    expect(first.continueProcessing).toBe(false);
    const given = { context: first.context, signal: AbortSignal.abort() };
    const second = await manager.invoke(hook, call, given);
    await manager.invoke(hook, call, { context: second.context });
    expect(seen).toEqual([
      ["one", 1],
      ["one", 2],
    ]);
  });

  it("is separate for each request without a context", async () => {
    const seen: unknown[] = [];
    const manager = await manage([counting("one", seen)]);
    await Promise.all(Array.from({ length: 20 }, () => manager.invoke(hook, call)));
    await manager.invoke(hook, call, { request: "same-id" });
    await manager.invoke(hook, call, { request: "same-id" });
    expect(seen).toEqual(Array.from({ length: 22 }, () => ["one", 1]));
  });

  it("is one map for all handlers of the plugin in that request, and no other plugin's", async () => {
    verifies("dispatch:state");
    const states = new Map<string, Map<unknown, unknown>[]>();
    const keeping = (name: string) => {
      const keeps: Run = (_payload, context) => {
        states.set(name, [...(states.get(name) ?? []), context.state, context.state]);
      };
      const hooks = { [hook]: keeps, tool_post_invoke: keeps };
      return definePlugin({ name, version: "1.0.0", hooks } as never);
    };
    const manager = await manage([keeping("one"), keeping("two"), keeping("then")]);
    const { context } = await manager.invoke(hook, call);
    await manager.invoke(hook, call, { context });
    await manager.invoke("tool_post_invoke", { name: "add", result: 1 }, { context });
    expect([...states.values()].map(({ length }) => length)).toEqual([6, 6, 6]);
    // One map for each plugin, and each plugin its own.
    expect([...states.values()].map((kept) => new Set(kept).size)).toEqual([1, 1, 1]);
    expect(new Set([...states.values()].flat()).size).toBe(3);
  });

  it("is carried between managers of one host", async () => {
    const seen: unknown[] = [];
    const one = counting("one", seen);
    const first = await (await manage([one])).invoke(hook, call);
    await (await manage([one])).invoke(hook, call, { context: first.context });
    expect(seen).toEqual([
      ["one", 1],
      ["one", 2],
    ]);
  });
});

describe("a manager created by a handler", () => {
  const limiter = plugin("limiter", (_payload, context) => {
    const count = ((context.state.get("count") as number | undefined) ?? 0) + 1;
    context.state.set("count", count);
    const { max } = context.config as { max: number };
    return count > max ? deny(`${count} of ${max}`) : undefined;
  });
  const strict = { plugin: limiter, config: { max: 1 } };
  const loose = { plugin: limiter, config: { max: 3 } };

  it("does not share state with the host's plugins", async () => {
    verifies("dispatch:state");
    const reasons: unknown[] = [];
    const drives: Run = async (payload, context) => {
      const own = await manage([loose]);
      // With its context, and with a result's context, which belongs to the same request.
      const first = await own.invoke(hook, payload, { parent: context });
      for (const given of [{ parent: context }, { context: first.context }, { parent: context }]) {
        reasons.push((await own.invoke(hook, payload, given)).violation?.reason);
      }
    };
    const result = await runOnce([plugin("drives", drives), strict]);
    // In its own manager, too, the plugin has one state for the request.
    expect(reasons).toEqual([undefined, undefined, "4 of 3"]);
    expect(result.continueProcessing).toBe(true);
  });

  it("nor through the context of a nested run of the host's manager", async () => {
    const reasons: unknown[] = [];
    let nested = false;
    const drives: Run = async (payload, context) => {
      if (nested) return;
      nested = true;
      const inner = await manager.invoke(hook, payload, { parent: context });
      const own = await manage([loose]);
      for (let i = 0; i < 4; i++) {
        const { violation } = await own.invoke(hook, payload, { context: inner.context });
        reasons.push(violation?.reason);
      }
      // Back in the host's manager, the count continues from its value there.
      const { violation } = await manager.invoke(hook, payload, { context: inner.context });
      reasons.push(violation?.reason);
    };
    const manager: Manager = await manage([plugin("drives", drives), strict]);
    const result = await manager.invoke(hook, call);
    expect(reasons).toEqual([undefined, undefined, undefined, "4 of 3", "2 of 1"]);
    expect(result.violation?.reason).toBe("3 of 1");
  });
});

describe("the request's id", () => {
  const idsOf = async (...given: object[]) => {
    const ids: string[] = [];
    const manager = await manage([
      plugin("one", (_payload, context) => void ids.push(context.request)),
      plugin("two", (_payload, context) => void ids.push(context.request)),
    ]);
    for (const options of given) {
      const result = await manager.invoke(hook, call, options);
      expect(result.context.request).toBe(ids.at(-1));
    }
    return ids;
  };

  it("is the host's, for all plugins and on the result", async () => {
    verifies("dispatch:context");
    expect(await idsOf({ request: "r-1" })).toEqual(["r-1", "r-1"]);
  });

  it("is a new one if the host passes none", async () => {
    const [a, b, c, d] = await idsOf({}, {});
    expect(a).toBe(b);
    expect(c).toBe(d);
    expect(a).not.toBe(c);
  });

  it("that is new contains its creation time and order", async () => {
    const before = Date.now();
    const ids = (await idsOf(...Array.from({ length: 20 }, () => ({})))).filter((_, i) => i % 2);
    const after = Date.now();
    const parts = ids.map((id) => {
      expect(id).toMatch(/^req-[0-9a-z]+-[0-9a-z]+-[0-9a-z]+$/);
      return id.split("-").map((part) => Number.parseInt(part, 36));
    });
    const [, , , first = 0] = parts[0] ?? [];
    for (const [at, [, time, , count]] of parts.entries()) {
      expect(time).toBeGreaterThanOrEqual(before);
      expect(time).toBeLessThanOrEqual(after);
      expect(count).toBe(first + at);
    }
    // Two random parts may be equal by chance, but not half of them.
    expect(new Set(parts.map(([, , chance]) => chance)).size).toBeGreaterThan(10);
  });

  it("stays even if a plugin sets another on an inner run's result", async () => {
    const seen: string[] = [];
    const result = await runOnce(
      [
        plugin("forges", async (payload, context) => {
          const own = await manage([]);
          const inner = await own.invoke(hook, payload, { parent: context });
          Object.defineProperty(inner.context, "request", { value: "forged" });
        }),
        plugin("looks", (_p, context) => void seen.push(context.request)),
      ],
      { request: "r-1" },
    );
    expect(seen).toEqual(["r-1"]);
    expect(result.context.request).toBe("r-1");
  });

  it("is carried by the context, unless the host passes another", async () => {
    const manager = await manage([]);
    const { context } = await manager.invoke(hook, call, { request: "r-1" });
    expect(await idsOf({ context })).toEqual(["r-1", "r-1"]);
    expect(await idsOf({ context, request: "r-2" })).toEqual(["r-2", "r-2"]);
    expect(context.request).toBe("r-1");
  });
});

describe("the context", () => {
  it("has plugin, hook, effective capabilities, configuration and operation", async () => {
    verifies("dispatch:context");
    let seen: PluginContext | undefined;
    const keeps = plugin("keeps", (_payload, context) => {
      seen = context;
    });
    await runOnce([{ plugin: keeps, config: { list: [1] } }], {
      operation: { tool: "add", list: [1] },
    });
    expect(seen).toMatchObject({
      plugin: { name: "keeps", version: "1.0.0" },
      hook,
      capabilities: ["append_labels", "read_labels"],
      config: { list: [1] },
      operation: { tool: "add", list: [1] },
    });
    await runOnce([keeps]);
    expect(seen?.config).toBeUndefined();
    expect(seen?.operation).toBeUndefined();
  });

  it("exposes nothing of the run to reflection", async () => {
    let seen: PluginContext | undefined;
    const keeps = plugin("keeps", (_payload, context) => {
      seen = context;
    });
    await runOnce([keeps]);
    expect(Reflect.ownKeys(seen as object)).toEqual([]);
    expect(JSON.stringify(seen)).toBe("{}");
  });
});
