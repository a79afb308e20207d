import { runInNewContext } from "node:vm";
import { createPluginManager, definePlugin, isGlassineError } from "glassine";
import { describe, expect, it } from "vitest";
import { throwing } from "../attacks/contextified.ts";

const plugin = definePlugin({
  name: "plugin",
  version: "1.0.0",
  capabilities: ["read_labels", "read_roles"],
  hooks: {
    tool_pre_invoke: (payload, _context, _extensions) => ({
      modifiedPayload: { ...payload, args: {} },
    }),
  },
});

/** Returns the error with which the options are refused. */
async function refusalOf(options: unknown) {
  try {
    await createPluginManager(options as never);
  } catch (error) {
    if (isGlassineError(error)) return error;
    throw error;
  }
  throw new Error("The manager was made.");
}

const codeOf = async (options: object) => (await refusalOf({ plugins: [plugin], ...options })).code;

describe("the options of a manager", () => {
  it.each([
    { timeoutMs: 0 },
    { timeoutMs: -1 },
    { timeoutMs: Number.NaN },
    { timeoutMs: 2 ** 31 },
    { timeoutMs: "5s" },
    { strict: 1 },
    { timings: "yes" },
    { limits: [] },
    { limits: null },
    { limits: { label: 1 } },
    { limits: { labels: 0 } },
    { limits: { labels: 1.5 } },
    { limits: { labels: "9" } },
    { payloadLimits: { depth: -1 } },
    { payloadHeaders: "drop" },
    { tampering: "report" },
    { tampering: true },
    { maxInFlight: 0 },
    { maxInFlight: Number.POSITIVE_INFINITY },
    { maxBackground: "many" },
    { onHandlerError: "log" },
    { payloadPolicy: 3 },
    { payloadPolicy: [] },
    { payloadPolicy: null },
    { payloadPolicy: { tool_pre_invoke: 3 } },
    { payloadPolicy: { tool_pre_invoke: "args" } },
    { payloadPolicy: { tool_pre_invoke: null } },
    { payloadPolicy: { tool_pre_invoke: [3] } },
    { payloadPolicy: { tool_pre_invoke: ["headers"] } },
    { payloadPolicy: { tool_pre_invoke: ["args", "other"] } },
  ])("%o are refused", async (options) => {
    expect(await codeOf(options)).toBe("options_invalid");
  });

  it("are refused if they are no plain object, and the error says what came", async () => {
    const { proxy: revoked, revoke } = Proxy.revocable({}, {});
    revoke();
    const others: readonly [unknown, string][] = [
      [undefined, "undefined"],
      [null, "null"],
      ["secret", "string"],
      [() => 1, "function"],
      [[plugin], "array"],
      [new Map(), "an object of a class"],
      [Promise.resolve({}), "a promise"],
      [runInNewContext("({})"), "an object of a class"],
      [new Proxy({}, {}), "an object of a class"],
      [revoked, "an object of a class"],
    ];
    for (const [options, got] of others) {
      expect((await refusalOf(options)).message).toBe(
        `the options of createPluginManager must be a plain object, got ${got}`,
      );
    }
  });

  it("list plugins in a plain array", async () => {
    const others = [
      new Array(1),
      Object.defineProperty([plugin], 0, { get: () => plugin }),
      new (class extends Array {})(),
      runInNewContext("[]"),
      new Proxy([], {}),
      { length: 0 },
      "list",
      null,
    ];
    for (const plugins of others) expect(await codeOf({ plugins })).toBe("options_invalid");
    expect(await createPluginManager({ plugins: [plugin] })).toBeDefined();
  });

  it("are refused if a plugin is not awaited", async () => {
    expect((await refusalOf({ plugins: [Promise.resolve(plugin)] })).message).toBe(
      "plugins[0] must be a plain object, got a promise: it must be a plugin made by definePlugin, or { plugin, … } with one.",
    );
  });

  it("are refused if unknown, with a suggestion", async () => {
    const error = await refusalOf({ plugins: [], timeoutMS: 3 });
    expect(error.code).toBe("options_invalid");
    expect(error.message).toContain('"timeoutMS". Did you mean "timeoutMs"?');
    expect((await refusalOf({ plugins: [], banana: 3 })).message).not.toContain("Did you mean");
  });

  it("contain plugins, and the error says which item is not one and what it should be", async () => {
    for (const item of [undefined, 5, {}, { plugin: {} }, { name: "a", hooks: {} }]) {
      const error = await refusalOf({ plugins: [plugin, item] });
      expect(error.code).toBe("options_invalid");
      expect(error.message).toMatch(
        /^plugins\[1\] must be .*a plugin made by definePlugin, or \{ plugin, … \} with one\.$/,
      );
    }
  });

  it("are a plain object, read without running its code", async () => {
    const strange = [new Map(), new (class Options {})(), throwing()];
    for (const options of [undefined, null, [], "x", ...strange]) {
      expect((await refusalOf(options)).code).toBe("options_invalid");
    }
    let reads = 0;
    const ticking = {
      plugins: [],
      get strict() {
        reads += 1;
        return true;
      },
    };
    expect((await refusalOf(ticking)).code).toBe("options_invalid");
    expect((await refusalOf(new Proxy({ plugins: [] }, {}))).code).toBe("options_invalid");
    const payloadPolicy = {
      get tool_pre_invoke() {
        reads += 1;
        return [];
      },
    };
    expect(await codeOf({ payloadPolicy })).toBe("options_invalid");
    expect(reads).toBe(0);
  });

  it("name existing hooks", async () => {
    expect(await codeOf({ payloadPolicy: { tool_invoke: [] } })).toBe("hook_unknown");
    expect(await codeOf({ payloadPolicy: JSON.parse('{"__proto__": []}') })).toBe("hook_unknown");
    expect(await codeOf({ payloadPolicy: { constructor: [] } })).toBe("hook_unknown");
  });

  it("are read once: what changes later has no effect", async () => {
    const fields = ["name"];
    const payloadPolicy = { tool_pre_invoke: fields };
    const manager = await createPluginManager({ plugins: [plugin], payloadPolicy });
    fields.push("args");
    payloadPolicy.tool_pre_invoke = ["args"];
    const { payload, rejections } = await manager.invoke("tool_pre_invoke", {
      name: "add",
      args: { a: 1 },
    });
    expect(payload.args).toEqual({ a: 1 });
    expect(rejections).toMatchObject([{ path: "payload.args", code: "payload_denied" }]);
  });
});

describe("the operator's settings for a plugin", () => {
  it.each([
    { mode: "parallel" },
    { priority: 1.5 },
    { onError: "retry" },
    { timeoutMs: 0 },
    { conditions: { tool: ["add"] } },
    { conditions: { tools: "add" } },
    { grant: "read_labels" },
    { grant: ["read_headers"] },
    { modes: "audit" },
    { handler: () => {} },
    { extensions: true },
  ])("%o is refused", async (word) => {
    expect((await refusalOf({ plugins: [{ plugin, ...word }] })).code).toBe("options_invalid");
  });

  it.each([{ config: () => 1 }, { config: new Map() }, { config: { at: 1n } }])(
    "%o is not a configuration",
    async (word) => {
      const { code, message } = await refusalOf({ plugins: [{ plugin, ...word }] });
      expect(code).toBe("manifest_invalid");
      expect(message).toContain(plugin.name);
    },
  );

  it("suggest a similar setting, and name the plugin", async () => {
    const { message } = await refusalOf({ plugins: [{ plugin, prioritie: 1 }] });
    expect(message).toContain("'plugin'");
    expect(message).toContain("Did you mean 'priority'?");
  });

  it("grant known capabilities", async () => {
    const error = await refusalOf({ plugins: [{ plugin, grant: ["read_label"] }] });
    expect(error.code).toBe("capability_unknown");
  });

  it("copy and freeze the configuration", async () => {
    const seen: unknown[] = [];
    const reader = definePlugin({
      name: "reader",
      version: "1.0.0",
      hooks: { tool_pre_invoke: (_payload, { config }) => void seen.push(config) },
    });
    const config = { deep: { list: [1] } };
    const manager = await createPluginManager({ plugins: [{ plugin: reader, config }] });
    config.deep.list.push(2);
    await manager.invoke("tool_pre_invoke", { name: "add" });
    expect(seen).toEqual([{ deep: { list: [1] } }]);
    expect(Object.isFrozen((seen[0] as typeof config).deep.list)).toBe(true);
  });
});

it("invoke accepts known options in an object", async () => {
  const manager = await createPluginManager({ plugins: [plugin] });
  for (const options of [null, "x", 3, { extension: {} }]) {
    await expect(
      manager.invoke("tool_pre_invoke", { name: "add" }, options as never),
    ).rejects.toMatchObject({ code: "options_invalid" });
  }
});
