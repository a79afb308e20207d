/** Nested runs: whose capabilities let labels join the outer run, and until when. */
import { addLabels } from "glassine";
import { defineHost, jsonObject, stringSet, withRule } from "glassine/host";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { verifies } from "../support/verifies.ts";
import {
  aborted,
  call,
  deferred,
  hook,
  labelled,
  labelsOf,
  type Manager,
  manage,
  never,
  type PluginContext,
  plugin,
  type Run,
  rest,
  runOnce,
  type ToolCall,
  tagger,
} from "./support.ts";

/** A host's own slot, except for its schema. */
const shelf = {
  tier: "mutable",
  read: "everyone",
  write: "everyone",
  description: "Of a test.",
} as const;

const hangs = plugin("hangs", (_p, _c) => never(), { timeoutMs: null });

describe("labels of an inner run", () => {
  it("of the same manager join if the plugin that added them may", async () => {
    verifies("dispatch:nesting-labels");
    const nests: Run = async (payload, context) => {
      if (payload.name !== "add") return;
      await manager.invoke(hook, { ...payload, name: "inner" }, { parent: context });
    };
    const tags: Run = (payload, _context) =>
      payload.name === "inner" ? { modifiedExtensions: labelled("inner") } : undefined;
    const manager: Manager = await manage([
      plugin("nests", nests, { capabilities: [] }),
      plugin("tags", tags),
    ]);
    const result = await manager.invoke(hook, call);
    expect(labelsOf(result)).toEqual(["inner"]);
    expect(result.executions[0]).toMatchObject({ plugin: "nests", changed: ["security.labels"] });
  });

  it("of a handler in mode audit appear in its record, and do not join", async () => {
    verifies("dispatch:nesting-labels");
    const inner = await manage([tagger("inner")]);
    const nests: Run = async (payload, context) => {
      await inner.invoke(hook, payload, { parent: context });
    };
    const result = await runOnce([plugin("nests", nests, { mode: "audit" })]);
    expect(labelsOf(result)).toEqual([]);
    expect(result.executions).toMatchObject([
      { applied: false, extensionsModified: true, changed: ["security.labels"] },
    ]);
  });

  it("of another host do not join", async () => {
    const host = defineHost({ slots: { shelf: { ...shelf, schema: jsonObject() } } });
    const inner = await host.createPluginManager({ plugins: [tagger("inner")] });
    let labels: readonly string[] = [];
    const nests: Run = async (payload, context) => {
      labels = labelsOf(await inner.invoke(hook, payload, { parent: context }));
    };
    const result = await runOnce([plugin("nests", nests)]);
    expect([labels, labelsOf(result)]).toEqual([["inner"], []]);
  });

  it.each([
    ["may be absent", z.optional(stringSet())],
    ["may be null", z.nullish(stringSet())],
    ["may not be empty", z.optional(withRule(stringSet(), "full", (set) => set.length > 0))],
  ])("that are none leave alone a set that %s, in a slot that changed", async (_which, tags) => {
    const schema = z.object({ tags, count: z.optional(z.number()) });
    const fields = { tags: { tier: "monotonic" } } as const;
    const host = defineHost({ slots: { shelf: { ...shelf, schema, fields } } });
    const counts: Run = () => ({ modifiedExtensions: { shelf: { count: 2 } } as never });
    const inner = await host.createPluginManager({ plugins: [plugin("counts", counts)] });
    let changed: unknown;
    const nests: Run = async (payload, context) => {
      const extensions = host.createExtensions({ shelf: { count: 1 } as never });
      const ended = await inner.invoke(hook, payload, { parent: context, extensions });
      changed = ended.extensions.shelf;
    };
    const outer = await host.createPluginManager({ plugins: [plugin("nests", nests)] });
    for (const given of [{}, { shelf: { count: 5 } }]) {
      const extensions = host.createExtensions(given as never);
      const result = await outer.invoke(hook, call, { extensions });
      expect(changed).toMatchObject({ count: 2 });
      expect(result.violation).toBeUndefined();
      expect(result.extensions).toBe(extensions);
    }
  });

  it("aborted by its handler's deadline no longer join", async () => {
    verifies("dispatch:nesting-turn");
    const inner = await manage([tagger("inner"), hangs]);
    let ended: object | undefined;
    const nests: Run = async (payload, context) => {
      const { signal } = context;
      ended = await inner.invoke(hook, payload, { parent: context, signal });
    };
    for (const onError of ["fail", "ignore"] as const) {
      const result = await runOnce([plugin("nests", nests, { timeoutMs: 5, onError })]);
      await rest();
      expect(ended).toMatchObject({ violation: aborted });
      expect(labelsOf(ended as never)).toEqual(["inner"]);
      expect(labelsOf(result)).toEqual([]);
      expect(result.executions).toMatchObject([{ status: "timeout", changed: [] }]);
    }
  });

  it.each([
    ["at once", (): undefined => undefined],
    ["after a wait", () => rest()],
  ] as const)("ended by a later handler %s no longer join", async (_when, wait) => {
    verifies("dispatch:nesting-turn");
    const inner = await manage([tagger("inner"), hangs]);
    const host = new AbortController();
    const { promise: started, resolve: start } = deferred<Promise<object>>();
    const starts = (payload: ToolCall, context: PluginContext) => {
      const options = { parent: context, signal: host.signal };
      const running = inner.invoke(hook, payload, options);
      start(Promise.resolve(running));
      return wait();
    };
    const result = await runOnce([
      plugin("starts", starts as Run),
      plugin("ends", (_p, _c) => host.abort()),
    ]);
    const ended = await started;
    expect(ended).toMatchObject({ violation: aborted });
    expect(labelsOf(ended as never)).toEqual(["inner"]);
    expect(labelsOf(result)).toEqual([]);
    expect(result.executions).toMatchObject([{ changed: [] }, { changed: [] }]);
  });
});

describe("the context of a nested run's result", () => {
  it("can be passed to the next run of its manager", async () => {
    const seen: boolean[] = [];
    const inner = await manage([]);
    const nests: Run = async (payload, parent) => {
      const { context } = await inner.invoke(hook, payload, { parent });
      const again = await inner.invoke(hook, payload, { context });
      seen.push(again.context === context);
    };
    await runOnce([plugin("nests", nests)]);
    expect(seen).toEqual([true]);
  });
});

it("ends once, even if the audit sink makes the host abort while its labels join", async () => {
  verifies("dispatch:nesting-labels-kept");
  const numbered = (letter: string, count: number) =>
    Array.from({ length: count }, (_, at) => `${letter}${at}`);
  const controller = new AbortController();
  const both = deferred<void>();
  const types: string[] = [];
  const nested: unknown[] = [];
  const nests: Run = async ({ name }, context, extensions) => {
    if (name !== "add") {
      await both.promise;
      return { modifiedExtensions: addLabels(extensions, numbered(name, 50)) };
    }
    const start = (name: string, signal?: AbortSignal) =>
      manager.invoke(hook, { ...call, name }, { parent: context, signal });
    const runs = [start("a"), start("b", controller.signal)];
    both.resolve();
    nested.push(...(await Promise.all(runs)));
  };
  const manager: Manager = await manage([plugin("nests", nests)], {
    audit: {
      sink: ({ eventType }) => {
        types.push(eventType);
        if (eventType === "extensions.change_refused") controller.abort();
      },
    },
  });
  const outer = await manager.invoke(hook, call, { extensions: labelled(...numbered("o", 180)) });
  expect(outer.violation).toMatchObject({ code: "snapshot_limit" });
  expect(outer.rejections).toHaveLength(1);
  expect(types.filter((type) => type === "extensions.change_refused")).toHaveLength(1);
  expect(nested).toMatchObject([{ continueProcessing: true }, { continueProcessing: true }]);
  expect(manager.counts()).toMatchObject({ allowed: 2, errored: 1, aborted: 0, inFlight: 0 });
});
