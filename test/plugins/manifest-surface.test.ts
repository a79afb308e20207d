/** What a manifest may declare on a host with its own hooks and services. */
import type { PluginContext } from "glassine";
import { defineHook, defineHost, defineServices } from "glassine/host";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { manifest, problemsOf } from "./support.ts";

const services = defineServices({
  "facts.read": { accessor: "getFactsReader", handle: "factsReader", description: "Reads facts." },
  "facts.write": { accessor: "getFactsWriter", handle: "factsWriter", description: "Writes them." },
});
const hooks = {
  pre_assert_authorize: defineHook({
    semantic: "voting",
    description: "May it be asserted?",
    payload: z.object({ source: z.string() }),
  }),
  recall_filter: defineHook({
    semantic: "filter_chain",
    description: "What was recalled.",
    payload: z.array(z.string()),
  }),
  recall_score: defineHook({
    semantic: "score_delta",
    description: "How what was recalled is ranked.",
    payload: z.array(z.string()),
  }),
  audit_emit: defineHook({
    semantic: "fire_and_forget",
    description: "Something was written down.",
    payload: z.object({ event: z.string() }),
  }),
};
const hostWith = (profile: object) => defineHost({ hooks, services, profile });
const host = hostWith({ maxTimeoutMs: 30_000 });

const define = (fields: object) => host.definePlugin(manifest(fields) as never);
const managerOf = (fields: object) => host.createPluginManager({ plugins: [define(fields)] });
/** What a host reports about the handler of a manifest. */
const handlerOf = async (
  fields: object,
  hook: keyof typeof hooks | "tool_pre_invoke" = "recall_filter",
) => (await managerOf(fields)).handlersFor(hook)[0];
const texts = (fields: object, { definePlugin }: Pick<typeof host, "definePlugin"> = host) =>
  problemsOf(fields, definePlugin as never).map(({ message }) => message);

describe("the capabilities of a host", () => {
  it("are those of its slots and of its services", () => {
    const declared = ["read_labels", "facts.write", "append_labels", "facts.write", "facts.read"];
    expect(define({ capabilities: declared }).capabilities).toEqual([
      "append_labels",
      "facts.read",
      "facts.write",
      "read_labels",
    ]);
  });

  it("PH-004: are named if unknown, sorted, without the known ones", () => {
    expect(texts(manifest({ capabilities: ["facts.x", "facts.read", "a.b"] }))).toEqual([
      "unknown plugin capabilities: a.b, facts.x",
    ]);
  });

  it.each(["facts.*", "facts", "facts.", "*", "__proto__", "toString", "constructor"])(
    "PH-016: are not %s",
    (name) => {
      expect(texts(manifest({ capabilities: [name] }))[0]).toMatch(
        /^unknown plugin capabilities: \S+/,
      );
    },
  );

  it("are suggested for a misspelt service capability", () => {
    expect(texts(manifest({ capabilities: ["fact.read"] }))).toEqual([
      "unknown plugin capabilities: fact.read; did you mean 'facts.read'?",
    ]);
  });
});

describe("a handler", () => {
  it.each(["pre_assert_authorize", "recall_filter", "recall_score", "audit_emit"])(
    "PH-044: of %s may have no parameters, or hide them",
    async (name) => {
      const hook = name as keyof typeof hooks;
      for (const handler of [() => 1, (...all: unknown[]) => all[0], (value = 1) => value])
        expect((await handlerOf({ hooks: { [hook]: handler } }, hook))?.extensions).toBe(false);
    },
  );

  it.each([
    ["(value) => value", (value: unknown) => value, false],
    ["(value, context = {}) => value", (value: unknown, _context = {}) => value, false],
    ["a bound function", ((_: unknown, a: unknown, b: unknown) => [a, b]).bind(null, 1), false],
    ["a silent one that says no", { handler: (...a: unknown[]) => a[0], extensions: false }, false],
    ["(p, c, e) => p", (p: unknown, _c: unknown, _e: unknown) => p, true],
    ["a silent one that says yes", { handler: (...a: unknown[]) => a[0], extensions: true }, true],
  ])("PH-044: %s is accepted, with or without extensions", async (_, entry, extensions) => {
    expect((await handlerOf({ hooks: { recall_filter: entry } }))?.extensions).toBe(extensions);
  });

  it("PH-005: cannot be for a hook that the manifest invents", () => {
    const named = { recal_filter: (v: unknown) => v, health_check: () => 1 };
    expect(texts(manifest({ hooks: named }))).toEqual([
      "unknown plugin hooks: health_check, recal_filter; did you mean 'recall_filter'?",
    ]);
  });

  it("PH-006: is a function", () => {
    expect(texts(manifest({ hooks: { recall_filter: 3 } }))).toEqual([
      "handler for hook 'recall_filter' is not callable",
    ]);
  });
});

describe("the name of a handler", () => {
  const nameOf = async (entry: unknown) =>
    (await handlerOf({ hooks: { recall_filter: entry } }))?.handler.replace(/^plugin\./, "");
  const named = (name: PropertyDescriptor) =>
    Object.defineProperty((value: unknown) => value, "name", name);

  it("is that of the function", async () => {
    const { recall_filter } = { recall_filter: (value: unknown) => value };
    expect(await nameOf(recall_filter)).toBe("recall_filter");
    expect(
      await nameOf(function redact(value: unknown) {
        return value;
      }),
    ).toBe("redact");
    expect(await nameOf({ handler: (value: unknown) => value })).toBe("handler");
  });

  it.each([
    ["none", { value: "" }, "handler"],
    ["blanks", { value: " \t " }, "handler"],
    ["no text", { value: 7 }, "handler"],
    ["a getter", { get: () => "x" }, "handler"],
    ["several lines", { value: "a\nlevel=error\u202eb" }, "a level=error b"],
    ["no end", { value: "n".repeat(1000) }, `${"n".repeat(64)}…`],
    ["letters of any script", { value: "größe" }, "größe"],
  ])("is cleaned if it is %s", async (_, name, expected) => {
    expect(await nameOf(named(name))).toBe(expected);
  });

  it("is `handler` if the function has none", async () => {
    const nameless = (value: unknown) => value;
    Reflect.deleteProperty(nameless, "name");
    expect(await nameOf(nameless)).toBe("handler");
  });

  it("is read once", async () => {
    const handler = function before(value: unknown) {
      return value;
    };
    const plugin = define({ hooks: { recall_filter: handler } });
    Object.defineProperty(handler, "name", { value: "after" });
    const manager = await host.createPluginManager({ plugins: [plugin] });
    expect(manager.handlersFor("recall_filter")[0]?.handler).toBe("plugin.before");
  });
});

describe("the settings of an entry", () => {
  const handler = (payload: unknown) => payload;

  it.each(["pre_assert_authorize", "recall_filter", "recall_score", "audit_emit"] as const)(
    "of %s are handler, extensions and timeoutMs",
    async (hook) => {
      const { semantic } = hooks[hook];
      const takes = `a ${semantic} hook takes handler, extensions, timeoutMs only`;
      for (const [key, value] of [
        ["mode", "audit"],
        ["priority", 1],
        ["onError", "ignore"],
        ["conditions", { tools: ["*"] }],
        ["mode", 7],
      ]) {
        const entry = { handler, extensions: true, timeoutMs: 5, [key as string]: value };
        expect(texts(manifest({ hooks: { [hook]: entry } }))).toEqual([
          `hook '${hook}': ${key} is for message hooks; ${takes}`,
        ]);
      }
      expect(texts(manifest({ hooks: { [hook]: { handler, retries: 3 } } }))).toEqual([
        `hook '${hook}' has the unknown setting 'retries'`,
      ]);
      const entry = { handler, extensions: true, timeoutMs: null, mode: undefined };
      expect(await handlerOf({ hooks: { [hook]: entry } }, hook)).toMatchObject({
        hook,
        handler: "plugin.handler",
        extensions: true,
        timeoutMs: null,
        mode: null,
      });
    },
  );

  it("of a message hook are all of them", async () => {
    const conditions = { tools: ["a*"] };
    const entry = { handler, mode: "audit", priority: 1, onError: "ignore", conditions };
    const found = await handlerOf({ hooks: { tool_pre_invoke: entry } }, "tool_pre_invoke");
    expect(found).toMatchObject({ mode: "audit", conditions });
  });

  const timeoutTexts = [
    [0, 30_000, "handler timeout must be positive"],
    [-1, 30_000, "handler timeout must be positive"],
    [-0, 30_000, "handler timeout must be positive"],
    [30_001, 30_000, "handler timeout cannot exceed 30 seconds"],
    [30_000.5, 30_000, "handler timeout cannot exceed 30 seconds"],
    [Number.POSITIVE_INFINITY, 30_000, "handler timeout cannot exceed 30 seconds"],
    [1_001, 1_000, "handler timeout cannot exceed 1 second"],
    [1_501, 1_500, "handler timeout cannot exceed 1500 ms"],
    [2 ** 31, 2 ** 31 - 1, "handler timeout cannot exceed 2147483647 ms"],
    [Number.NaN, 30_000, "timeoutMs must be a number of milliseconds, or null"],
    ["5", 30_000, "timeoutMs must be a number of milliseconds, or null"],
    [5n, 30_000, "timeoutMs must be a number of milliseconds, or null"],
  ] as const;

  it.each(timeoutTexts)(
    "PH-040: a timeoutMs of %o, with at most %i, is refused",
    (timeoutMs, maxTimeoutMs, text) => {
      for (const hook of ["recall_filter", "tool_pre_invoke"]) {
        const entry = manifest({ hooks: { [hook]: { handler, timeoutMs } } });
        expect(texts(entry, hostWith({ maxTimeoutMs }))).toEqual([`${text} (hook '${hook}')`]);
      }
    },
  );

  it.each([30_000, 0.5, null])("PH-040: a timeoutMs of %o is accepted", async (timeoutMs) => {
    const found = await handlerOf({ hooks: { recall_filter: { handler, timeoutMs } } });
    expect(found?.timeoutMs).toBe(timeoutMs);
  });
});

describe("the value of the other fields", () => {
  it("PH-010: is copied, and frozen", async () => {
    const route = { path: "/health" };
    const routes = [route];
    const configSchema = { parse: () => ({ by: "first" }) };
    let config: unknown;
    const recall_filter = (value: unknown, context: PluginContext) => {
      ({ config } = context);
      return value;
    };
    const plugin = define({
      routes,
      configSchema,
      asyncSafe: false,
      requiresHost: "*",
      hooks: { recall_filter },
    });
    routes.push({ path: "/later" });
    configSchema.parse = () => ({ by: "later" });
    expect(plugin).toMatchObject({ asyncSafe: false, requiresHost: "*" });
    expect(Object.isFrozen(plugin)).toBe(true);
    const manager = await host.createPluginManager({ plugins: [plugin] });
    expect(manager.routes).toEqual([{ plugin: "plugin", route }]);
    expect(manager.routes[0]?.route).toBe(route);
    expect(Object.isFrozen(manager.routes)).toBe(true);
    await manager.invoke("recall_filter", []);
    expect(config).toEqual({ by: "first" });
  });

  it("has a default if none was given", () => {
    expect(host.definePlugin({ name: "plugin", version: "1.0.0" })).toEqual({
      name: "plugin",
      version: "1.0.0",
      description: undefined,
      requiresHost: undefined,
      capabilities: [],
      asyncSafe: true,
      hooks: [],
      dependsOn: [],
    });
  });
});
