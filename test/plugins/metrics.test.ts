/** What a manager counts and measures, and the effect of a failing backend. */
import { readFileSync } from "node:fs";
import { type Allow, allow, createPluginManager, type Denial, definePlugin, deny } from "glassine";
import { pluginMetrics } from "glassine/audit";
import { defineHooks, defineHost } from "glassine/host";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { uncaughtDuring } from "../audit/support.ts";
import { codeIn, readTable } from "../docs/support/markdown.ts";
import { verifies } from "../support/verifies.ts";

type Sample = readonly [kind: string, name: string, labels: object, value: number];

/** A backend that keeps all samples. */
function backend() {
  const samples: Sample[] = [];
  const at = (kind: string) => (name: string, labels: object, value: number) => {
    samples.push([kind, name, labels, value]);
  };
  const of = (name: string) => samples.filter((sample) => sample[1] === `glassine_plugin_${name}`);
  return {
    metrics: { counter: at("counter"), histogram: at("histogram"), gauge: at("gauge") },
    samples,
    /** Returns the labels of each increment of a counter. */
    counted: (name: string) => of(name).map(([, , labels]) => Object.values(labels).join(" ")),
    of,
  };
}

const facts = z.looseObject({});
const hooks = defineHooks({
  vote: { semantic: "voting", description: "May it be?", payload: facts },
  value: { semantic: "filter_chain", description: "A value.", payload: z.string() },
  happened: { semantic: "fire_and_forget", description: "It was.", payload: facts },
  ask: { semantic: "message", description: "It is asked.", payload: facts, writable: [] },
  config_validate: { semantic: "voting", description: "A plugin comes.", payload: facts },
  audit_emit: { semantic: "fire_and_forget", description: "An event.", payload: facts },
});
const host = defineHost({ hooks });
const plugin = (name: string, handlers: object, more: object = {}) =>
  host.definePlugin({ name, version: "1.0.0", hooks: handlers, ...more } as never);

describe("the metrics of a manager", () => {
  it("have exactly the names, labels and kinds of the table", async () => {
    verifies("plugins:metrics");
    const { metrics, samples } = backend();
    const manager = await host.createPluginManager({
      plugins: [
        plugin("aaa", {
          vote: (_: unknown) => deny("no"),
          ask: (_: unknown) => deny({ code: "not_today", reason: "no" }),
          happened: (_: unknown) => {
            throw new TypeError("odd");
          },
        }),
      ],
      metrics,
      logger: {},
    });
    await manager.invoke("vote", {});
    await manager.invoke("happened", {});
    await manager.invoke("ask", {});
    const denials = samples.filter(([, name]) => name === "glassine_plugin_denial_total");
    const denied = { hook: "ask", plugin: "aaa", code: "not_today" };
    expect(denials).toEqual([["counter", "glassine_plugin_denial_total", denied, 1]]);
    const seen = new Map<string, object>();
    for (const [kind, name, labels, value] of samples) {
      expect(name.startsWith("glassine_plugin_")).toBe(true);
      const spec =
        pluginMetrics[name.replace("glassine_plugin_", "") as keyof typeof pluginMetrics];
      expect([kind, Object.keys(labels)]).toEqual([spec.kind, [...spec.labels]]);
      expect(Object.values(labels).every((label) => typeof label === "string")).toBe(true);
      expect(Number.isFinite(value) && value >= 0).toBe(true);
      expect(Object.isFrozen(labels)).toBe(true);
      seen.set(name, labels);
    }
    expect([...seen.keys()].sort()).toEqual(
      Object.keys(pluginMetrics)
        .map((name) => `glassine_plugin_${name}`)
        .sort(),
    );
  });

  it("have no secret in the code of a denial, and so many codes of one plugin", async () => {
    verifies("plugins:metrics-codes");
    const { metrics, of } = backend();
    let code = "";
    const manager = await host.createPluginManager({
      plugins: [plugin("aaa", { ask: (_: unknown) => deny({ code, reason: "no" }) })],
      metrics,
    });
    const extensions = host.createExtensions({
      http: { headers: { authorization: "Bearer tok987654321" } },
    });
    for (const said of [
      "tok987654321",
      "s3cret-name",
      ...Array.from({ length: 60 }, (_, at) => `${at}`),
    ]) {
      code = said;
      await manager.invoke("ask", {}, { extensions, secrets: ["s3cret-name"] });
    }
    const codes = of("denial_total").map(([, , labels]) => (labels as { code: string }).code);
    expect(codes.slice(0, 3)).toEqual(["[REDACTED]", "[REDACTED]", "0"]);
    expect(new Set(codes).size).toBe(51);
    expect(codes.at(-1)).toBe("other");
  });

  it("have so many classes of errors of one plugin, besides those of the library", async () => {
    verifies("plugins:metrics-codes");
    const { metrics, of } = backend();
    let thrown: object | undefined;
    const handler = (_: unknown) => {
      if (thrown === undefined) return 1;
      throw thrown;
    };
    const manager = await host.createPluginManager({
      plugins: [plugin("aaa", { ask: handler })],
      metrics,
      logger: {},
    });
    for (const name of ["S3cretName", ...Array.from({ length: 60 }, (_, at) => `E${at}`)]) {
      thrown = Object.assign(new Error("odd"), { name });
      await manager.invoke("ask", {}, { secrets: ["S3cretName"] });
    }
    thrown = undefined;
    await manager.invoke("ask", {});
    const types = of("handler_error_total").map(
      ([, , labels]) => (labels as { error_type: string }).error_type,
    );
    expect(types.slice(0, 2)).toEqual(["[REDACTED]", "E0"]);
    expect(types.slice(-2)).toEqual(["other", "ContractViolation"]);
    expect(new Set(types).size).toBe(52);
  });

  it("start with the prefix of the host's profile", async () => {
    const { metrics, samples } = backend();
    const stigmem = defineHost({ hooks, profile: { metricPrefix: "stigmem_plugin_" } });
    await stigmem.createPluginManager({ plugins: [], metrics });
    expect(samples[0]?.[1]).toBe("stigmem_plugin_registered_count");
  });

  it("report the number of plugins, and the outcome of registration", async () => {
    verifies("plugins:metrics");
    const { metrics, of, counted } = backend();
    const handlers = { vote: (_: unknown) => allow(), evaluate: (_: unknown) => undefined };
    await host.createPluginManager({
      plugins: [plugin("aaa", handlers), plugin("bbb", { vote: (_: unknown) => allow() })],
      core: [
        host.defineCoreHandler({ hook: "vote", name: "core.001.yes", handler: (_) => allow() }),
      ],
      metrics,
    });
    expect(of("registered_count").map(([, , , value]) => value)).toEqual([2]);
    const perHook = Object.fromEntries(
      of("handlers_per_hook").map(([, , labels, value]) => [Object.values(labels)[0], value]),
    );
    expect(perHook).toMatchObject({ vote: 3, value: 0, evaluate: 1, tool_pre_invoke: 0 });
    expect(counted("registration_total")).toEqual(["success none", "success none"]);
    const late = backend();
    const making = host.createPluginManager({
      plugins: [
        plugin("ccc", {}, { requiresHost: ">=999.0.0" }),
        plugin("ddd", {}, { dependsOn: ["nobody"] }),
      ],
      metrics: late.metrics,
    });
    await expect(making).rejects.toThrow("nobody");
    expect(late.counted("registration_total")).toEqual([
      "failure manifest_invalid",
      "failure dependency",
    ]);
    const down = backend();
    const unkept = host.createPluginManager({
      plugins: [plugin("aaa", handlers)],
      audit: {
        sink: () => {
          throw new Error("disk full");
        },
      },
      logger: {},
      metrics: down.metrics,
    });
    await expect(unkept).rejects.toMatchObject({ code: "audit_failed" });
    expect(down.counted("registration_total")).toEqual(["failure audit_failed"]);
    expect(down.of("registered_count")).toEqual([]);
  });

  it("count runs, turns, failures and answers of voting hooks", async () => {
    verifies("plugins:metrics");
    const { metrics, samples, counted, of } = backend();
    const answers: (() => Allow | Denial | Promise<Allow>)[] = [
      () => allow(),
      () => deny("no"),
      () => {
        throw new RangeError("odd");
      },
      () => new Promise(() => undefined),
      () => 3 as never,
    ];
    let at = 0;
    const manager = await host.createPluginManager({
      plugins: [
        plugin("aaa", {
          vote: { handler: (_: unknown) => (answers[at] as (typeof answers)[0])(), timeoutMs: 20 },
        }),
        plugin("bbb", { vote: (_: unknown) => allow(), value: (text: string) => `${text}!` }),
      ],
      metrics,
      logger: {},
    });
    samples.length = 0;
    for (at = 0; at < answers.length; at++) await manager.invoke("vote", {}).catch(() => undefined);
    expect(await manager.invoke("value", "a")).toBe("a!");
    await manager.invoke("vote", 3 as never).catch(() => undefined);
    await manager.invoke("nope" as never, {} as never).catch(() => undefined);
    expect(counted("hook_fire_total")).toEqual([...answers.map(() => "vote"), "value"]);
    expect(of("hook_duration_seconds")).toHaveLength(6);
    const turns = ["vote aaa", "vote bbb", "vote aaa", "vote aaa", "vote aaa", "vote aaa"];
    expect(counted("handler_invocation_total")).toEqual([...turns, "value bbb"]);
    expect(of("handler_duration_seconds").at(-1)?.[3]).toBeLessThan(5);
    expect(counted("handler_error_total")).toEqual([
      "vote aaa RangeError",
      "vote aaa timeout",
      "vote aaa ContractViolation",
    ]);
    expect(counted("voting_decision_total")).toEqual(["vote allow", "vote deny"]);
  });

  it("count those that the library starts itself", async () => {
    const { metrics, counted } = backend();
    const watcher = plugin("aaa", {
      config_validate: (_: unknown) => allow(),
      audit_emit: (_: unknown) => undefined,
    });
    await host.createPluginManager({ plugins: [watcher], metrics });
    expect(counted("hook_fire_total")).toEqual(["config_validate", "audit_emit"]);
    expect(counted("handler_invocation_total")).toEqual(["config_validate aaa", "audit_emit aaa"]);
  });

  it.each(["sequential", "transform", "audit", "concurrent", "fire_and_forget"] as const)(
    "measure turns of message hooks in mode %s, and put no times into records",
    async (mode) => {
      verifies("plugins:metrics");
      const { metrics, samples, counted, of } = backend();
      const slow = async () => {
        await new Promise((resolve) => setTimeout(resolve, 5));
      };
      const broken = () => {
        throw new TypeError("odd");
      };
      const one = (name: string, handler: () => unknown, more: object = {}) =>
        definePlugin({
          name,
          version: "1.0.0",
          hooks: {
            evaluate: { handler, extensions: false, mode, onError: "ignore", ...more },
          },
        } as never);
      const manager = await createPluginManager({
        plugins: [
          one("aaa", () => undefined),
          one("bbb", slow),
          one("ccc", broken),
          one("ddd", () => new Promise(() => undefined), { timeoutMs: 20 }),
          one("skipped", () => undefined, { conditions: { tenants: ["acme"] } }),
        ],
        metrics,
        logger: {},
      });
      samples.length = 0;
      const result = await manager.invoke("evaluate", { role: "user" });
      await manager.close();
      expect(result.executions.map(({ durationMs }) => durationMs)).toEqual(
        new Array(5).fill(undefined),
      );
      expect(counted("hook_fire_total")).toEqual(["evaluate"]);
      expect(of("hook_duration_seconds")).toHaveLength(1);
      const turns = ["aaa", "bbb", "ccc", "ddd"].map((name) => `evaluate ${name}`);
      expect([...counted("handler_invocation_total")].sort()).toEqual(turns);
      expect([...counted("handler_duration_seconds")].sort()).toEqual(turns);
      const [, , , took] = of("handler_duration_seconds").find(
        ([, , labels]) => Object.values(labels)[1] === "bbb",
      ) as Sample;
      expect(took).toBeGreaterThan(0.003);
      expect(counted("handler_error_total")).toEqual([
        "evaluate ccc TypeError",
        "evaluate ddd timeout",
      ]);
    },
  );

  it("count a message hook without handlers, but not a refused one", async () => {
    const { metrics, samples, counted } = backend();
    const manager = await createPluginManager({ plugins: [], metrics });
    samples.length = 0;
    await manager.invoke("evaluate", { role: "user" });
    await manager.invoke("evaluate", { role: "nobody" } as never).catch(() => undefined);
    await manager.close();
    await manager.invoke("evaluate", { role: "user" }).catch(() => undefined);
    expect(counted("hook_fire_total")).toEqual(["evaluate"]);
  });
});

describe("a backend that fails", () => {
  const throws = () => {
    throw new Error("no collector");
  };
  // biome-ignore lint/suspicious/noThenProperty: a thenable.
  const endless = { then: (yes: (value: unknown) => void) => yes({ then: endless.then }) };

  it.each<[string, () => unknown]>([
    ["throws", throws],
    ["rejects", () => Promise.reject(new Error("no collector"))],
    ["gives thenables without end", () => endless],
  ])("changes nothing if it %s", async (_, answer) => {
    verifies("plugins:metrics-failing");
    const metrics = { counter: answer, histogram: answer, gauge: answer };
    const make = (options: object) =>
      host.createPluginManager({
        plugins: [
          plugin("aaa", {
            vote: async (_: unknown) => deny("no"),
            evaluate: {
              handler: async (_: unknown) => {
                throw new Error("odd");
              },
              onError: "ignore",
            },
          }),
        ],
        logger: {},
        ...options,
      });
    const uncaught = await uncaughtDuring(async () => {
      for (const options of [{}, { metrics }]) {
        const manager = await make(options);
        expect(await manager.invoke("vote", {})).toMatchObject({ allow: false, reason: "no" });
        const { continueProcessing, errors } = await manager.invoke("evaluate", { role: "user" });
        expect([continueProcessing, errors.length]).toEqual([true, 1]);
        expect(manager.counts()).toMatchObject({ started: 2, allowed: 1, denied: 1 });
        await manager.close();
      }
    });
    expect(uncaught).toEqual([]);
  });

  it.each([3, null, {}, { counter: () => undefined }, { counter: 1, histogram: 1, gauge: 1 }])(
    "is refused if it is invalid: %o",
    async (metrics) => {
      await expect(
        createPluginManager({ plugins: [], metrics: metrics as never }),
      ).rejects.toMatchObject({ code: "options_invalid" });
    },
  );
});

it("docs/embed.md has every metric with its labels", () => {
  const page = readFileSync(new URL("../../docs/embed.md", import.meta.url), "utf8");
  const rows = readTable(page, "Metric").map(([name, kind, labels, means]) => [
    codeIn(name)[0],
    kind,
    codeIn(labels),
    means,
  ]);
  expect(rows).toEqual(
    Object.entries(pluginMetrics).map(([name, { kind, labels, means }]) => [
      name,
      kind,
      [...labels],
      means,
    ]),
  );
  const buckets = pluginMetrics.hook_duration_seconds.buckets.map((bound) =>
    Math.round(bound * 1e6),
  );
  expect(page).toContain(`${buckets.slice(0, -1).join(", ")} and ${buckets.at(-1)} microseconds`);
});
