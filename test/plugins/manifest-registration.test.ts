import {
  createPluginManager,
  definePlugin,
  isGlassineError,
  ManifestError,
  type Plugin,
} from "glassine";
import { defineHook, defineHost } from "glassine/host";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { verifies } from "../support/verifies.ts";

function named(name: string, dependsOn: readonly string[] = []): Plugin {
  const hooks = { tool_pre_invoke: (payload: unknown) => void payload };
  return definePlugin({ name, version: "1.0.0", dependsOn, hooks });
}

async function codeOf(plugins: readonly unknown[], create: unknown = createPluginManager) {
  return (await refusalOf(plugins, create)).code;
}

async function refusalOf(plugins: readonly unknown[], create: unknown = createPluginManager) {
  try {
    await (create as typeof createPluginManager)({ plugins: plugins as never });
  } catch (error) {
    if (isGlassineError(error)) return error;
    throw error;
  }
  throw new Error("The manager was made.");
}

async function orderOf(plugins: readonly Plugin[]) {
  const manager = await createPluginManager({ plugins });
  const { executions } = await manager.invoke("tool_pre_invoke", { name: "add" });
  const order = executions.map(({ plugin }) => plugin);
  const registered = manager.plugins.map(({ name }) => name);
  expect(registered.toSorted()).toEqual(order.toSorted());
  // They are registered by name, whatever the order in which they are passed and run.
  const again = await createPluginManager({ plugins: plugins.toReversed() });
  expect(again.plugins.map(({ name }) => name)).toEqual(registered);
  return order;
}

describe("plugins of one manager", () => {
  it("run in the order given, each after those it depends on", async () => {
    verifies("dispatch:ties");
    expect(await orderOf([named("ccc"), named("aaa"), named("bbb")])).toEqual([
      "ccc",
      "aaa",
      "bbb",
    ]);
    expect(await orderOf([named("ccc", ["bbb"]), named("bbb", ["aaa"]), named("aaa")])).toEqual([
      "aaa",
      "bbb",
      "ccc",
    ]);
    const diamond = [named("top", ["left", "right"]), named("right", ["base"])];
    expect(await orderOf([...diamond, named("left", ["base"]), named("base")])).toEqual([
      "base",
      "left",
      "right",
      "top",
    ]);
  });

  it("must not depend on each other in a cycle, which the error shows", async () => {
    const circle = [named("aaa", ["bbb"]), named("bbb", ["ccc"]), named("ccc", ["aaa"])];
    const error = await refusalOf([named("zzz", ["aaa"]), ...circle]);
    expect(error.code).toBe("dependency_unresolved");
    expect(error.message).toBe("plugin dependency cycle detected: aaa -> bbb -> ccc -> aaa");
    expect(await codeOf([named("aaa", ["bbb"]), named("bbb", ["aaa"])])).toBe(
      "dependency_unresolved",
    );
  });

  it("depend on existing plugins", async () => {
    const error = await refusalOf([named("aaa", ["bbb"])]);
    expect(error.code).toBe("dependency_unresolved");
    expect(error.message).toBe("missing plugin dependencies: aaa missing bbb");
    expect(error.data).toMatchObject({ missing: [{ plugin: "aaa", dependencies: ["bbb"] }] });
  });

  it("may form a long chain of dependencies", async () => {
    const row = Array.from({ length: 500 }, (_, at) =>
      named(`plugin-${at}`, at === 499 ? [] : [`plugin-${at + 1}`]),
    );
    const order = await orderOf(row);
    expect(order[0]).toBe("plugin-499");
    expect(order.at(-1)).toBe("plugin-0");
  });

  it("come from definePlugin; similar objects are refused", async () => {
    const plugin = named("one");
    const look = { name: "one", version: "1.0.0", hooks: { tool_pre_invoke() {} } };
    for (const item of [
      look,
      { ...plugin },
      structuredClone(plugin),
      Object.create(plugin),
      new Proxy(plugin, {}),
      { plugin: { ...plugin } },
      { plugin: new Proxy(plugin, {}) },
      undefined,
      null,
      "one",
      () => plugin,
      [plugin],
    ]) {
      expect(await codeOf([item])).toBe("options_invalid");
    }
  });

  it("are passed in an array", async () => {
    const plugin = named("one");
    for (const plugins of [plugin, new Set([plugin]), { 0: plugin, length: 1 }, null, undefined]) {
      expect(await codeOf(plugins as never)).toBe("options_invalid");
    }
  });

  it("may serve two managers with different settings", async () => {
    const plugin = named("one");
    const first = await createPluginManager({ plugins: [{ plugin, mode: "disabled" }] });
    const second = await createPluginManager({ plugins: [plugin] });
    const status = async (manager: typeof first) =>
      (await manager.invoke("tool_pre_invoke", { name: "add" })).executions[0]?.status;
    expect(await status(first)).toBe("disabled");
    expect(await status(second)).toBe("completed");
  });
});

const billing = {
  tier: "immutable",
  // Sorts before every standard name, so that the bits of the two hosts differ.
  read: "a_read_billing",
  description: "Who pays.",
  schema: z.object({ account: z.string() }),
} as const;
const host = defineHost({
  slots: { billing },
  hooks: {
    invoice_paid: defineHook({
      semantic: "message",
      description: "An invoice is about to be paid.",
      payload: z.object({ invoice: z.string() }),
    }),
  },
});

describe("a plugin of another host", () => {
  it("is checked against the host that registers it", async () => {
    verifies("dispatch:host-checked");
    const reader = host.definePlugin({
      name: "reader",
      version: "1.0.0",
      capabilities: ["a_read_billing", "read_labels"],
      hooks: { evaluate: (message, _context, extensions) => void [message, extensions] },
    });
    const payer = host.definePlugin({
      name: "payer",
      version: "1.0.0",
      hooks: { invoice_paid: (payload) => void payload },
    });
    const error = await refusalOf([reader]);
    expect(error).toBeInstanceOf(ManifestError);
    expect(error.message).toBe("plugin 'reader': unknown plugin capabilities: a_read_billing");
    expect(await codeOf([payer])).toBe("manifest_invalid");
    expect(await codeOf([{ plugin: payer, mode: "disabled" }])).toBe("manifest_invalid");
    await expect(host.createPluginManager({ plugins: [reader, payer] })).resolves.toBeDefined();
  });

  it("works if its names are known, with the slots of that host", async () => {
    const seen: unknown[] = [];
    const plugin = definePlugin({
      name: "reader",
      version: "1.0.0",
      capabilities: ["append_labels"],
      hooks: {
        evaluate: (_message, context, extensions) => {
          seen.push({ ...extensions }, context.capabilities);
          return { modifiedExtensions: { security: { labels: ["EU", "PII"] } } };
        },
      },
    });
    const manager = await host.createPluginManager({ plugins: [plugin] });
    const extensions = host.createExtensions({
      billing: { account: "acme" },
      security: { labels: ["PII"] },
    });
    const result = await manager.invoke("evaluate", { role: "user" }, { extensions });
    expect(seen[0]).toMatchObject({ billing: undefined, security: { labels: ["PII"] } });
    expect(Object.hasOwn(seen[0] as object, "billing")).toBe(true);
    expect(seen[1]).toEqual(["append_labels", "read_labels"]);
    expect(result.extensions.security?.labels).toEqual(["EU", "PII"]);
    expect(result.extensions.billing).toBe(extensions.billing);
    expect(result.executions[0]?.saw).not.toContain("billing");
  });

  it("is granted no more than it declared, even if the host knows more", async () => {
    const plugin = definePlugin({
      name: "reader",
      version: "1.0.0",
      capabilities: ["read_labels"],
      hooks: { evaluate: (message, _context, extensions) => void [message, extensions] },
    });
    const create = host.createPluginManager;
    expect(await codeOf([{ plugin, grant: ["a_read_billing"] }], create)).toBe("options_invalid");
    expect(await codeOf([{ plugin, grant: ["read_billing"] }], create)).toBe("capability_unknown");
    expect(await codeOf([{ plugin, grant: [Symbol("s")] }], create)).toBe("capability_unknown");
    expect(await codeOf([{ plugin, grant: [Object.create(null)] }], create)).toBe(
      "capability_unknown",
    );
    expect(await codeOf([{ plugin, grant: "read_labels" }], create)).toBe("options_invalid");
  });
});
