import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { permutations } from "../dispatch/support.ts";
import { verifies } from "../support/verifies.ts";
import { host, managerOf, plugin } from "./support.ts";

/** Returns the order of the calls, which must be the order in which the manager lists handlers. */
async function callsOn(
  hook: "happened" | "value",
  names: readonly string[],
  dependsOn: Readonly<Record<string, readonly string[]>> = {},
): Promise<string[]> {
  const calls: string[] = [];
  const noting = (name: string) => (given: unknown) => {
    calls.push(name);
    return given;
  };
  const isCore = (name: string) => name.startsWith("core.");
  const manager = await managerOf(
    names
      .filter((name) => !isCore(name))
      .map((name) => plugin(name, { [hook]: noting(name) }, { dependsOn: dependsOn[name] ?? [] })),
    {
      core: names
        .filter(isCore)
        .map((name) => host.defineCoreHandler({ hook, name, handler: noting(name) as never })),
    },
  );
  if (hook === "happened") await manager.invoke("happened", {});
  else await manager.invoke("value", 1);
  const handlers = manager.handlersFor(hook).map(({ handler }) => handler.replace(`.${hook}`, ""));
  expect(handlers.map((name) => name.replace(".handler", ""))).toEqual(calls);
  return calls;
}

const given = ["core.020.second", "core.010.first", "zzz", "aaa"];

describe("the order of handlers", () => {
  it("PH-049: the host's come first on a core_first hook, however they are registered", async () => {
    verifies("plugins:ordering", "plugins:order-by-name");
    for (const names of permutations(given)) {
      expect(await callsOn("happened", names)).toEqual([
        "core.010.first",
        "core.020.second",
        "aaa",
        "zzz",
      ]);
    }
  });

  it("PH-049: the order does not depend on the order of registration", async () => {
    verifies("plugins:ordering", "plugins:order-by-name", "plugins:registration-order");
    const all = [...given, "mmm"];
    for (const names of permutations(all)) {
      expect(await callsOn("happened", names, { aaa: ["zzz", "mmm"], mmm: ["zzz"] })).toEqual([
        "core.010.first",
        "core.020.second",
        "aaa",
        "mmm",
        "zzz",
      ]);
    }
  });

  it("PH-050: plugins come first on a plugins_first hook", async () => {
    verifies("plugins:ordering");
    for (const names of permutations(given)) {
      expect(await callsOn("value", names)).toEqual([
        "aaa",
        "zzz",
        "core.010.first",
        "core.020.second",
      ]);
    }
  });

  it("PH-052: by the plugin's name before anything else", async () => {
    verifies("plugins:order-by-name");
    expect(await callsOn("value", ["foo-bar", "foo"])).toEqual(["foo", "foo-bar"]);
  });

  it("PH-053: by code unit, whatever the language", async () => {
    verifies("plugins:order-by-name");
    expect(await callsOn("value", ["abc", "a1b", "a-b", "abd"])).toEqual([
      "a-b",
      "a1b",
      "abc",
      "abd",
    ]);
  });

  it("is the same for every order in which plugins are given", async () => {
    verifies("plugins:order-by-name");
    const names = fc.uniqueArray(fc.stringMatching(/^[a-z][a-z0-9-]{2,6}$/), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(
        names.chain((all) =>
          fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })),
        ),
        async ([all, shuffled]) => {
          expect(await callsOn("happened", shuffled)).toEqual(await callsOn("happened", all));
        },
      ),
      { numRuns: 50 },
    );
  });

  it("two core handlers of one name on one hook are refused", async () => {
    verifies("plugins:core-twins");
    const twin = () =>
      host.defineCoreHandler({ hook: "happened", name: "core.001.log", handler: (_) => undefined });
    await expect(managerOf([], { core: [twin(), twin()] })).rejects.toThrow(
      "core handler 'core.001.log' is already registered for hook 'happened'",
    );
  });

  it("is listed as data, without anything that can be called", async () => {
    verifies("plugins:handlers-listed", "plugins:bands");
    const manager = await managerOf(
      [plugin("aaa", { vote: { handler: (_) => 1, timeoutMs: 50 } })],
      {
        core: [
          host.defineCoreHandler({
            hook: "vote",
            name: "core.001.first",
            handler: (_) => 1 as never,
          }),
        ],
      },
    );
    expect(manager.handlersFor("vote")).toEqual([
      {
        hook: "vote",
        plugin: "core",
        handler: "core.001.first",
        isCore: true,
        asyncSafe: true,
        extensions: false,
        timeoutMs: 30_000,
        band: "AUTHZ",
        bandOrder: 20,
        mode: null,
        conditions: null,
        stream: null,
        capabilities: [],
        isolate: null,
      },
      {
        hook: "vote",
        plugin: "aaa",
        handler: "aaa.handler",
        isCore: false,
        asyncSafe: true,
        extensions: false,
        timeoutMs: 50,
        band: "AUTHZ",
        bandOrder: 20,
        mode: null,
        conditions: null,
        stream: null,
        capabilities: [],
        isolate: null,
      },
    ]);
    expect(manager.handlersFor("message_pre_invoke")).toEqual([]);
    expect(() => manager.handlersFor("nope" as never)).toThrow("unknown hook 'nope'");
  });

  it("PH-072: changing the list changes nothing", async () => {
    verifies("plugins:handlers-listed");
    const manager = await managerOf([plugin("aaa", { value: (text: string) => `${text}a` })]);
    const list = manager.handlersFor("value") as unknown[];
    expect(() => list.pop()).toThrow(TypeError);
    expect(() => Object.assign(list[0] as object, { handler: "x" })).toThrow(TypeError);
    expect(await manager.invoke("value", "")).toBe("a");
  });
});
