// Its process is only for files that patch the realm.
import { describe, expect, it } from "vitest";
import { PluginExecutionError } from "../../src/index.ts";
import { key } from "../dispatch/returned.ts";
import { verifies } from "../support/verifies.ts";
import { managerOf, plugin, rejection } from "./support.ts";

describe("filter chain", () => {
  it("PH-028: goes from handler to handler by plugin name", async () => {
    verifies("plugins:filter-chain", "plugins:semantics");
    const manager = await managerOf([
      plugin("bbb", { value: (text: string) => `${text}b` }),
      plugin("aaa", { value: (text: string) => `${text}a` }),
    ]);
    expect(await manager.invoke("value", "")).toBe("ab");
  });

  it.each([0, "", false, []])("PH-029: %j is a value", async (value) => {
    verifies("plugins:filter-nothing");
    const seen: unknown[] = [];
    const manager = await managerOf([
      plugin("aaa", { value: (_) => value }),
      plugin("bbb", {
        value: (given: unknown) => {
          seen.push(given);
          return given;
        },
      }),
    ]);
    expect(await manager.invoke("value", 1)).toEqual(value);
    expect(seen).toEqual([value]);
  });

  it.each([undefined, null])("PH-029: %j is nothing", async (value) => {
    verifies("plugins:filter-nothing");
    const manager = await managerOf([plugin("aaa", { value: (_) => value })]);
    const error = await rejection(manager.invoke("value", 1));
    expect(error).toBeInstanceOf(PluginExecutionError);
    expect(error.message).toBe(
      "handler 'aaa.value' returned nothing for filter-chain hook 'value'",
    );
  });

  it("PH-030: a throw stops the chain, and its partial result is not returned", async () => {
    verifies("plugins:filter-failure");
    let third = false;
    const manager = await managerOf([
      plugin("aaa", { value: (_) => "first" }),
      plugin("bbb", {
        value: (_) => {
          throw new Error("second");
        },
      }),
      plugin("ccc", {
        value: (_) => {
          third = true;
          return "third";
        },
      }),
    ]);
    const error = await rejection(manager.invoke("value", "zero"));
    expect(error.message).toBe("handler 'bbb.value' failed for hook 'value': second");
    expect(JSON.stringify(error)).not.toContain("first");
    expect(third).toBe(false);
  });

  it("PH-031: awaits a promise, and passes on its value", async () => {
    verifies("plugins:filter-chain");
    const manager = await managerOf([
      plugin("aaa", { value: async (text: string) => `${text}a` }),
      plugin("bbb", { value: (text: unknown) => `${typeof text}:${text}` }),
    ]);
    expect(await manager.invoke("value", "z")).toBe("string:za");
  });

  it("PH-032: returns the same value if there is no handler", async () => {
    verifies("plugins:semantics");
    const manager = await managerOf([]);
    const value = { deep: [1, { two: 3 }] };
    expect(await manager.invoke("value", value)).toBe(value);
    expect(Object.isFrozen(value)).toBe(false);
  });

  it("passes frozen copies, and keeps no reference to what handlers return", async () => {
    verifies("plugins:data");
    const mine = { list: ["a"] };
    let theirs: { list: string[] } | undefined;
    const manager = await managerOf([
      plugin("aaa", {
        value: (given: { list: string[] }) => {
          expect(() => given.list.push("x")).toThrow(TypeError);
          theirs = { list: [...given.list, "b"] };
          return theirs;
        },
      }),
      plugin("bbb", {
        value: (given: unknown) => {
          theirs?.list.push("c");
          return given;
        },
      }),
    ]);
    expect(await manager.invoke("value", mine)).toEqual({ list: ["a", "b"] });
    expect(mine).toEqual({ list: ["a"] });
  });

  it("reads what a handler returns at once: it cannot change it later, not even in a microtask", async () => {
    verifies("plugins:data");
    const mine = ["a"];
    const manager = await managerOf([
      plugin("aaa", {
        texts: (_) => {
          queueMicrotask(() => mine.push("late"));
          return mine;
        },
      }),
    ]);
    expect(await manager.invoke("texts", ["z"])).toEqual(["a"]);
    expect(mine).toEqual(["a", "late"]);
  });

  it("refuses a value that does not fit the schema, and names the handler", async () => {
    verifies("plugins:filter-fits");
    const manager = await managerOf([
      plugin("aaa", { texts: (_) => ["a", 2] }),
      plugin("bbb", { texts: (given: unknown) => given }),
    ]);
    const error = await rejection(manager.invoke("texts", ["z"]));
    expect(error.message).toBe(
      "handler 'aaa.texts' returned an unfit value for filter-chain hook 'texts': [1]: expected a string, got number",
    );
  });

  it.each([
    ["a function", () => () => 1],
    ["a class instance", () => new Date(0)],
    ["a proxy", () => new Proxy({}, {})],
    [
      "a getter",
      () => ({
        get value() {
          throw new Error("never");
        },
      }),
    ],
    ["NaN", () => Number.NaN],
  ])("refuses %s", async (_, make) => {
    verifies("plugins:filter-fits");
    const manager = await managerOf([plugin("aaa", { value: (_given) => make() })]);
    await expect(manager.invoke("value", 1)).rejects.toThrow("returned an unfit value");
  });

  it("applies a hook's own rule to each handler", async () => {
    verifies("plugins:filter-fits");
    const manager = await managerOf([
      plugin("aaa", { grown: (given: string[]) => [...given, "a"] }),
      plugin("bbb", { grown: (given: string[]) => given.slice(1) }),
    ]);
    const error = await rejection(manager.invoke("grown", ["z"]));
    expect(error.message).toBe(
      "handler 'bbb.grown' returned an unfit value for filter-chain hook 'grown': bbb made it shorter",
    );
  });

  /** The counts and the answer of a run while `then` is on the prototype of its answer. */
  async function answering<Answer>(
    hook: "texts" | "value",
    answer: Answer,
    patch: () => () => void,
  ): Promise<{ readonly answer: unknown; readonly counts: object }> {
    const manager = await managerOf([plugin("aaa", { [hook]: () => answer })]);
    const pending = manager.invoke(hook, ["z"]);
    const restore = patch();
    try {
      return { answer: await pending, counts: manager.counts() };
    } catch (error) {
      return { answer: error, counts: manager.counts() };
    } finally {
      restore();
    }
  }
  const onPrototype = (prototype: object, then: PropertyDescriptor) => () => {
    Object.defineProperty(prototype, key, { configurable: true, ...then });
    return () => void Reflect.deleteProperty(prototype, key);
  };
  const ran: string[] = [];
  const record = (what: string) => () => void ran.push(what);
  const forges = { value: (resolve: (value: unknown) => void) => resolve(["forged"]) };

  it.each<[string, () => () => void]>([
    ["on lists", onPrototype(Array.prototype, forges)],
    ["on objects", onPrototype(Object.prototype, forges)],
    ["that is a getter", onPrototype(Array.prototype, { get: record("getter") })],
    ["that can only be set", onPrototype(Array.prototype, { set: record("setter") })],
    [
      "of a proxy above lists",
      () => {
        const get = (_: object, name: string | symbol) => void ran.push(String(name));
        Object.setPrototypeOf(
          Array.prototype,
          new Proxy({}, { get, getOwnPropertyDescriptor: get }),
        );
        return () => void Object.setPrototypeOf(Array.prototype, Object.prototype);
      },
    ],
  ])("never calls a `then` %s", async (_what, patch) => {
    ran.length = 0;
    const { answer, counts } = await answering("texts", ["a"], patch);
    expect(answer).toMatchObject({ code: "realm_tampered" });
    expect(counts).toMatchObject({ errored: 1, allowed: 0 });
    expect(ran).toEqual([]);
  });

  it.each<[string, unknown, () => () => void]>([
    ["is not a function", ["a"], onPrototype(Array.prototype, { value: 5 })],
    ["is undefined", ["a"], onPrototype(Array.prototype, { value: undefined })],
    ["is on the prototype of other values", ["a"], onPrototype(Number.prototype, forges)],
    [
      "is hidden by one of its own",
      ["a"],
      () => {
        const restore = [
          onPrototype(Object.prototype, forges)(),
          onPrototype(Array.prototype, { value: undefined })(),
        ];
        return () => {
          for (const each of restore) each();
        };
      },
    ],
    ["is data of the answer", { [key]: 5 }, () => () => {}],
  ])("answers even if a `then` %s", async (_what, value, patch) => {
    const { answer, counts } = await answering("value", value, patch);
    expect(answer).toEqual(value);
    expect(counts).toMatchObject({ errored: 0, allowed: 1 });
  });

  it("refuses a host's value that does not fit", async () => {
    verifies("plugins:data");
    const manager = await managerOf([]);
    await expect(manager.invoke("texts", [1] as never)).rejects.toMatchObject({
      code: "payload_invalid",
    });
  });
});
