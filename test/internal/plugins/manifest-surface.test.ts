import { defineHook, defineHost, defineServices } from "glassine/host";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import type { Surface } from "../../../src/core/plugins/profile.ts";
import { type ReadManifest, readManifest } from "../../../src/core/plugins/read-manifest.ts";
import { readProfile } from "../../../src/core/plugins/read-profile.ts";
import { compileSlots, standardSlots } from "../../../src/core/slots/index.ts";
import { manifest, problemsOf } from "../../plugins/support.ts";

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
  tool_pre_invoke: defineHook({
    semantic: "message",
    description: "A tool is called.",
    payload: z.object({ name: z.string() }),
  }),
};
const profile = readProfile({ maxTimeoutMs: 30_000 });
const slots = compileSlots(standardSlots);
const surface: Surface = { slots, hooks, services, profile };

const read = (fields: object): ReadManifest => readManifest(surface, manifest(fields));
const texts = (fields: object, over: Partial<Surface> = {}) =>
  problemsOf(fields, (input) => readManifest({ ...surface, ...over }, input) as never).map(
    ({ message }) => message,
  );

describe("the capabilities of a host", () => {
  it("are those of its slots and of its services", () => {
    const declared = ["read_labels", "facts.write", "append_labels", "facts.write", "facts.read"];
    expect(read({ capabilities: declared }).capabilities).toEqual([
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

  it("are known to the public definePlugin of the host", () => {
    const host = defineHost({ services });
    const { definePlugin } = host;
    expect(
      definePlugin({ name: "reader", version: "1.0.0", capabilities: ["facts.read"] }).capabilities,
    ).toEqual(["facts.read"]);
    expect(problemsOf(manifest({ capabilities: ["facts.x"] }), definePlugin as never)).toEqual([
      {
        field: "capabilities",
        message: "unknown plugin capabilities: facts.x",
      },
    ]);
  });
});

describe("a handler", () => {
  it.each(["pre_assert_authorize", "recall_filter", "recall_score", "audit_emit"])(
    "PH-044: of %s may have no parameters, or hide them",
    (hook) => {
      for (const handler of [() => 1, (...all: unknown[]) => all[0], (value = 1) => value])
        expect(read({ hooks: { [hook]: handler } }).hooks[0]?.extensions).toBe(false);
    },
  );

  it.each([
    ["(value) => value", (value: unknown) => value, false],
    ["(value, context = {}) => value", (value: unknown, _context = {}) => value, false],
    ["a bound function", ((_: unknown, a: unknown, b: unknown) => [a, b]).bind(null, 1), false],
    ["a silent one that says no", { handler: (...a: unknown[]) => a[0], extensions: false }, false],
    ["(p, c, e) => p", (p: unknown, _c: unknown, _e: unknown) => p, true],
    ["a silent one that says yes", { handler: (...a: unknown[]) => a[0], extensions: true }, true],
  ])("PH-044: %s is accepted, with or without extensions", (_, entry, extensions) => {
    expect(read({ hooks: { recall_filter: entry } }).hooks[0]?.extensions).toBe(extensions);
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
  const nameOf = (entry: unknown) => read({ hooks: { recall_filter: entry } }).hooks[0]?.name;
  const named = (name: PropertyDescriptor) =>
    Object.defineProperty((value: unknown) => value, "name", name);

  it("is that of the function", () => {
    expect(read({ hooks: { recall_filter: (value: unknown) => value } }).hooks[0]?.name).toBe(
      "recall_filter",
    );
    expect(
      nameOf(function redact(value: unknown) {
        return value;
      }),
    ).toBe("redact");
    expect(nameOf({ handler: (value: unknown) => value })).toBe("handler");
  });

  it.each([
    ["none", { value: "" }, "handler"],
    ["blanks", { value: " \t " }, "handler"],
    ["no text", { value: 7 }, "handler"],
    ["a getter", { get: () => "x" }, "handler"],
    ["several lines", { value: "a\nlevel=error\u202eb" }, "a level=error b"],
    ["no end", { value: "n".repeat(1000) }, `${"n".repeat(64)}…`],
    ["letters of any script", { value: "größe" }, "größe"],
  ])("is cleaned if it is %s", (_, name, expected) => {
    expect(nameOf(named(name))).toBe(expected);
  });

  it("is `handler` if the function has none", () => {
    const nameless = (value: unknown) => value;
    Reflect.deleteProperty(nameless, "name");
    expect(nameOf(nameless)).toBe("handler");
  });

  it("is read once", () => {
    const handler = function before(value: unknown) {
      return value;
    };
    const { hooks: read1 } = read({ hooks: { recall_filter: handler } });
    Object.defineProperty(handler, "name", { value: "after" });
    expect(read1[0]?.name).toBe("before");
  });
});

describe("the settings of an entry", () => {
  const handler = (payload: unknown) => payload;

  it.each(["pre_assert_authorize", "recall_filter", "recall_score", "audit_emit"] as const)(
    "of %s are handler, extensions and timeoutMs",
    (hook) => {
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
      expect(read({ hooks: { [hook]: entry } }).hooks).toEqual([
        {
          hook,
          handler,
          name: "handler",
          extensions: true,
          declaresExtensions: true,
          settings: { timeoutMs: null },
        },
      ]);
    },
  );

  it("of a message hook are all of them", () => {
    const entry = { handler, mode: "audit", priority: 1, onError: "ignore" };
    expect(read({ hooks: { tool_pre_invoke: entry } }).hooks[0]?.settings).toEqual({
      mode: "audit",
      priority: 1,
      onError: "ignore",
    });
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
        expect(texts(entry, { profile: { ...profile, maxTimeoutMs } })).toEqual([
          `${text} (hook '${hook}')`,
        ]);
      }
    },
  );

  it.each([30_000, 0.5, null])("PH-040: a timeoutMs of %o is accepted", (timeoutMs) => {
    const { hooks: taken } = read({ hooks: { recall_filter: { handler, timeoutMs } } });
    expect(taken[0]?.settings).toEqual({ timeoutMs });
  });
});

describe("the value of the other fields", () => {
  it("PH-010: is copied, and frozen", () => {
    const route = { path: "/health" };
    const routes = [route];
    const healthCheck = () => 1;
    const configSchema = { parse: (value: unknown) => value };
    const taken = read({ routes, healthCheck, configSchema, asyncSafe: false, requiresHost: "^1" });
    routes.push({ path: "/later" });
    configSchema.parse = () => "later";
    expect(taken.routes).toEqual([route]);
    expect(taken.routes[0]).toBe(route);
    expect(Object.isFrozen(taken.routes)).toBe(true);
    expect(taken.healthCheck).toBe(healthCheck);
    expect(taken.configSchema?.read(7)).toBe(7);
    expect(taken).toMatchObject({ asyncSafe: false, requiresHost: "^1" });
  });

  it("has a default if none was given", () => {
    expect(readManifest(surface, { name: "plugin", version: "1.0.0" })).toEqual({
      name: "plugin",
      version: "1.0.0",
      description: undefined,
      requiresHost: undefined,
      capabilities: [],
      asyncSafe: true,
      hooks: [],
      routes: [],
      healthCheck: undefined,
      configSchema: undefined,
      dependsOn: [],
    });
  });
});
