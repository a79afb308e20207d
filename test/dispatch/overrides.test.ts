import { definePlugin, deny } from "glassine";
import { describe, expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";
import {
  adds,
  type Capability,
  call,
  type FullView,
  hook,
  type Item,
  labelled,
  labelsOf,
  later,
  manage,
  never,
  type PluginContext,
  plugin,
  type Run,
  runOnce,
  tagger,
} from "./support.ts";

const failureOf = (items: readonly unknown[]) =>
  manage(items as Item[]).then(
    () => ({ code: "accepted", message: "" }),
    (error: { code: string; message: string }) => error,
  );

describe("the operator's overrides", () => {
  it("replace the plugin's mode, priority, onError and timeout", async () => {
    verifies("dispatch:overrides");
    const guard = plugin("guard", (_p, _c) => deny("no"), { mode: "sequential", priority: 1 });
    expect((await runOnce([guard])).continueProcessing).toBe(false);
    expect((await runOnce([{ plugin: guard, mode: "audit" }])).continueProcessing).toBe(true);
    expect((await runOnce([{ plugin: guard, mode: "disabled" }])).continueProcessing).toBe(true);

    const order = async (items: readonly Item[]) =>
      (await runOnce(items)).executions.map((record) => record.plugin);
    const one = tagger("one", { priority: 1 });
    const two = tagger("two", { priority: 2 });
    expect(await order([one, two])).toEqual(["one", "two"]);
    expect(await order([{ plugin: one, priority: 3 }, two])).toEqual(["two", "one"]);
    expect(await order([one, { plugin: two, priority: 0 }])).toEqual(["two", "one"]);

    const breaks = plugin("breaks", (_p, _c) => Promise.reject(null), { onError: "ignore" });
    expect((await runOnce([breaks])).continueProcessing).toBe(true);
    expect((await runOnce([{ plugin: breaks, onError: "fail" }])).continueProcessing).toBe(false);
    const twice = async (item: Item) => {
      const manager = await manage([item]);
      await manager.invoke(hook, call);
      return (await manager.invoke(hook, call)).executions[0]?.status;
    };
    expect(await twice({ plugin: breaks, onError: "disable" })).toBe("disabled");
    const once = plugin("once", (_p, _c) => Promise.reject(null), { onError: "disable" });
    expect(await twice({ plugin: once, onError: "ignore" })).toBe("error");

    const hangs = plugin("hangs", (_p, _c) => never(), { timeoutMs: 10 });
    expect((await runOnce([hangs])).violation?.code).toBe("handler_timeout");
    const noDeadline = plugin("hangs", (_p, _c) => never(), { timeoutMs: null });
    expect((await runOnce([{ plugin: noDeadline, timeoutMs: 10 }])).violation?.code).toBe(
      "handler_timeout",
    );
    const slow = plugin("slow", (_p, _c) => later(40), { timeoutMs: 1 });
    expect((await runOnce([{ plugin: slow, timeoutMs: null }])).continueProcessing).toBe(true);
    expect((await runOnce([{ plugin: slow, timeoutMs: 5000 }])).continueProcessing).toBe(true);
  });

  it("apply to all hooks of the plugin, and leave unnamed settings alone", async () => {
    const two = definePlugin({
      name: "two-hooks",
      version: "1.0.0",
      hooks: {
        tool_pre_invoke: { priority: 7, handler: (_payload) => deny("no") },
        tool_post_invoke: { mode: "transform", handler: (_payload) => deny("no") },
      },
    });
    const manager = await manage([{ plugin: two, mode: "audit" }]);
    const pre = await manager.invoke("tool_pre_invoke", call);
    const post = await manager.invoke("tool_post_invoke", { name: "add", result: 1 });
    expect([pre, post].map(({ continueProcessing }) => continueProcessing)).toEqual([true, true]);
    expect([pre, post].map(({ executions }) => executions[0]?.mode)).toEqual(["audit", "audit"]);
  });

  it("are read once: later changes of the item have no effect", async () => {
    verifies("dispatch:registered-once");
    const item = { plugin: tagger("tags"), mode: "sequential", conditions: { tools: ["add"] } };
    const items: Item[] = [item as Item];
    const manager = await manage(items);
    item.mode = "disabled";
    item.conditions.tools[0] = "other";
    items.length = 0;
    expect(labelsOf(await manager.invoke(hook, call))).toEqual(["tags"]);
    expect(manager.plugins).toEqual([item.plugin]);
    expect(Object.isFrozen(manager.plugins)).toBe(true);
  });

  it("pass the plugin its configuration, copied and frozen", async () => {
    verifies("dispatch:context");
    const seen: unknown[] = [];
    const keeps = plugin("keeps", (_payload, context) => void seen.push(context.config));
    const config = { list: [1], deep: { note: "kept" } };
    const manager = await manage([{ plugin: keeps, config }]);
    config.list.push(2);
    config.deep.note = "spoilt";
    await manager.invoke(hook, call);
    await manager.invoke(hook, call);
    expect(seen[0]).toEqual({ list: [1], deep: { note: "kept" } });
    expect(seen[1]).toBe(seen[0]);
    const { deep, list } = seen[0] as typeof config;
    expect([seen[0], deep, list].every((part) => Object.isFrozen(part))).toBe(true);
    const foreign = [{ plugin: keeps, config: { when: new Date() } }];
    expect((await failureOf(foreign)).code).toBe("manifest_invalid");
  });
});

describe("a grant", () => {
  const capabilities: Capability[] = ["append_labels", "write_headers", "read_roles"];
  const subject = { id: "u-1", type: "user", roles: ["admin"], teams: ["red"] } as const;
  const extensions = (() => {
    const { security } = labelled("PII");
    return { security: { ...security, subject }, http: { headers: { "x-a": "1" } } };
  })();

  /** The view and context of a plugin with the grant, and the result of its edits. */
  async function under(grant: Capability[] | undefined) {
    let view: FullView | undefined;
    let context: PluginContext | undefined;
    const run: Run = (_payload, given, extensions) => {
      view = extensions;
      context = given;
      const shown = (extensions.security as Partial<FullView["security"]> | undefined)?.labels;
      return {
        modifiedExtensions: {
          security: { labels: [...(shown ?? []), "added"] },
          http: { headers: { "x-a": "2" } },
        },
      };
    };
    const wide = plugin("wide", run, { capabilities });
    const item = grant === undefined ? wide : { plugin: wide, grant };
    const manager = await manage([item]);
    const result = await manager.invoke(hook, call, { extensions: extensions as never });
    return { view, context, result };
  }

  it("of everything declared allows everything declared", async () => {
    for (const grant of [undefined, capabilities]) {
      const { view, result } = await under(grant);
      expect(view?.security.labels).toEqual(["PII"]);
      expect(view?.security.subject?.roles).toEqual(["admin"]);
      expect(view?.security.subject?.teams).toBeUndefined();
      expect(labelsOf(result)).toEqual(["PII", "added"]);
      expect(result.extensions.http?.headers).toEqual({ "x-a": "2" });
    }
  });

  it("of less allows less", async () => {
    verifies("dispatch:grant-narrows");
    const { view, context, result } = await under(["read_labels", "read_headers"]);
    expect(view?.security.labels).toEqual(["PII"]);
    expect(view?.security.subject).toBeUndefined();
    expect(view?.http?.headers).toEqual({ "x-a": "1" });
    expect(context?.capabilities).toEqual(["read_headers", "read_labels"]);
    expect(labelsOf(result)).toEqual(["PII"]);
    expect(result.extensions.http?.headers).toEqual({ "x-a": "1" });
    expect(result.rejections.map(({ path, code }) => [path, code])).toEqual([
      ["http", "capability_missing"],
      ["security.labels", "capability_missing"],
    ]);
    expect(result.executions[0]?.saw).toContain("http");
  });

  it("of nothing hides everything gated", async () => {
    const { view, context, result } = await under([]);
    expect(view?.http).toBeUndefined();
    expect(view?.security?.labels).toBeUndefined();
    expect(view?.security?.subject).toBeUndefined();
    expect(context?.capabilities).toEqual([]);
    expect(labelsOf(result)).toEqual(["PII"]);
  });

  it("cannot name an undeclared or unknown capability", async () => {
    verifies("dispatch:grant-narrows", "dispatch:checked-first");
    const reads = tagger("reads", { capabilities: ["read_labels"] });
    const grants = (grant: unknown) => failureOf([{ plugin: reads, grant }]);
    expect((await grants(["append_labels"])).code).toBe("options_invalid");
    expect((await grants(["read_headers"])).message).toContain("read_headers");
    expect((await grants(["read_label"])).code).toBe("capability_unknown");
    expect((await grants(["*"])).code).toBe("capability_unknown");
    expect((await grants("read_labels")).code).toBe("options_invalid");
    // The operator may have meant to grant less than everything.
    expect((await grants(undefined)).code).toBe("options_invalid");
    expect((await grants([5])).code).toBe("capability_unknown");
    expect((await grants(["read_labels", "read_labels"])).code).toBe("accepted");
  });

  it("that is narrower for one plugin does not narrow another's view", async () => {
    const seen: unknown[] = [];
    const looking = (name: string) =>
      plugin(name, (_p, _c, view) => void seen.push(view.security?.labels), {
        capabilities: ["read_labels"],
      });
    await runOnce(
      [
        { plugin: looking("first"), grant: [] },
        looking("second"),
        { plugin: looking("third"), grant: [] },
      ],
      { extensions: labelled("PII") },
    );
    expect(seen).toEqual([undefined, ["PII"], undefined]);
  });
});

describe("a problem with an item", () => {
  const tags = plugin("tags", adds("tags"));
  it.each<[string, string, unknown[]]>([
    ["what definePlugin did not make", "options_invalid", [{ name: "x", version: "1.0.0" }]],
    ["a copy of a plugin", "options_invalid", [{ ...tags }]],
    ["nothing", "options_invalid", [null]],
    ["an item without plugin", "options_invalid", [{ mode: "audit" }]],
    ["an unknown mode", "options_invalid", [{ plugin: tags, mode: "enforce" }]],
    ["a priority that is not a number", "options_invalid", [{ plugin: tags, priority: "1" }]],
    ["an infinite priority", "options_invalid", [{ plugin: tags, priority: -Infinity }]],
    ["an unknown onError", "options_invalid", [{ plugin: tags, onError: "explode" }]],
    ["a timeout of 0", "options_invalid", [{ plugin: tags, timeoutMs: 0 }]],
    [
      "a timeout that is not a number",
      "options_invalid",
      [{ plugin: tags, timeoutMs: Number.NaN }],
    ],
    ["an unknown condition", "options_invalid", [{ plugin: tags, conditions: { tool: ["a"] } }]],
    [
      "a condition without patterns",
      "options_invalid",
      [{ plugin: tags, conditions: { tools: [] } }],
    ],
    ["the same plugin twice", "plugin_duplicate", [tags, { plugin: tags, mode: "audit" }]],
    ["two plugins of one name", "plugin_duplicate", [tags, tagger("tags")]],
  ])("is refused: %s", async (_what, code, items) => {
    verifies("dispatch:checked-first");
    expect((await failureOf(items)).code).toBe(code);
  });

  it("is reported with a similar name", async () => {
    const { code, message } = await failureOf([{ plugin: tags, priorty: 5 }]);
    expect(code).toBe("options_invalid");
    expect(message).toContain("'priority'");
  });

  it("is reported as grant if it is called capabilities", async () => {
    const { code, message } = await failureOf([{ plugin: tags, capabilities: [] }]);
    expect(code).toBe("options_invalid");
    expect(message).toContain("has the unknown setting 'capabilities'. Did you mean 'grant'?");
  });

  it("is reported for missing and cyclic dependencies", async () => {
    const needs = (name: string, on: string) => tagger(name, { dependsOn: [on] });
    const missing = await failureOf([needs("one", "gone")]);
    expect(missing.code).toBe("dependency_unresolved");
    expect(missing.message).toContain("gone");
    const circle = await failureOf([needs("one", "two"), needs("two", "one")]);
    expect(circle.code).toBe("dependency_unresolved");
    expect(circle.message).toContain("one -> two -> one");
  });
});
