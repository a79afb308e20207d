import { addLabels, deny, type ExecutionRecord, setHeader } from "glassine";
import { defineHost, stringSet } from "glassine/host";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { verifies } from "../support/verifies.ts";
import {
  call,
  hook,
  labelled,
  later,
  manage,
  never,
  plugin,
  type Run,
  runOnce,
  tagger,
} from "./support.ts";

const uneventful = {
  hook,
  mode: "sequential",
  status: "completed",
  requestedAllow: undefined,
  effectiveAllow: true,
  applied: false,
  payloadModified: false,
  extensionsModified: false,
  extensions: false,
  saw: [],
  changed: [],
  refused: [],
  reason: undefined,
  errorCode: undefined,
  durationMs: undefined,
} satisfies Omit<ExecutionRecord, "plugin">;

describe("the records of a run", () => {
  it("are one for each handler, in the order of the phases", async () => {
    verifies("dispatch:executions", "dispatch:invoke");
    const result = await runOnce([
      tagger("behind", { mode: "fire_and_forget" }),
      tagger("beside", { mode: "concurrent" }),
      plugin("off", (_p, _c) => undefined, { mode: "disabled" }),
      plugin("looks", (_p, _c) => undefined),
      tagger("tries", { mode: "audit" }),
      tagger("shapes", { mode: "transform" }),
    ]);
    expect(result.executions.map((record) => [record.plugin, record.mode, record.status])).toEqual([
      ["looks", "sequential", "completed"],
      ["shapes", "transform", "completed"],
      ["tries", "audit", "completed"],
      ["beside", "concurrent", "completed"],
      ["behind", "fire_and_forget", "started"],
      ["off", "disabled", "disabled"],
    ]);
    expect(Object.keys(result)).toEqual(
      expect.arrayContaining([
        "continueProcessing",
        "payload",
        "extensions",
        "violation",
        "rejections",
        "errors",
        "executions",
        "metadata",
      ]),
    );
  });

  it("describe an uneventful turn completely", async () => {
    const { executions } = await runOnce([plugin("looks", (_p, _c) => undefined)]);
    expect(executions).toEqual([{ plugin: "looks", ...uneventful }]);
  });

  it("list what a handler was allowed to see, not what was there", async () => {
    const sees = async (extensions: object) => {
      const { executions } = await runOnce(
        [
          plugin("labels", (_p, _c, _e) => undefined, { capabilities: ["read_labels"] }),
          plugin("roles", (_p, _c, _e) => undefined, { capabilities: ["read_roles"] }),
          plugin("nothing", (_p, _c, _e) => undefined, { capabilities: [] }),
          plugin("takes-none", (_p, _c) => undefined, { capabilities: ["read_labels"] }),
        ],
        { extensions },
      );
      return executions.map(({ saw }) => saw);
    };
    const [labels, roles, nothing, none] = await sees(labelled("PII"));
    expect(labels).toContain("security.labels");
    expect(labels).not.toContain("security.subject");
    expect(roles).toEqual(expect.arrayContaining(["security.subject", "security.subject.roles"]));
    expect(roles).not.toContain("security.labels");
    expect(roles).not.toContain("http");
    expect(nothing).toEqual(expect.arrayContaining(["request", "meta", "custom"]));
    expect(nothing).not.toContain("agent");
    expect(none).toEqual([]);
    expect(await sees({})).toEqual([labels, roles, nothing, none]);
  });

  it("list what a handler changed and what of it was refused", async () => {
    const run: Run = (payload, _context, extensions) => ({
      modifiedPayload: { ...payload, args: { a: 2 } },
      modifiedExtensions: {
        ...addLabels(setHeader(extensions, "x-a", "1"), "added"),
        request: { request_id: "forged" },
        agent: { turn: 5 },
      },
    });
    const { executions } = await runOnce([
      plugin("changes", run, { capabilities: ["append_labels", "write_headers"] }),
    ]);
    expect(executions).toMatchObject([
      {
        applied: true,
        payloadModified: true,
        extensionsModified: true,
        changed: ["payload.args", "http", "security.labels"],
        refused: [
          { plugin: "changes", path: "request", code: "tier_immutable" },
          { plugin: "changes", path: "agent", code: "tier_immutable" },
        ],
      },
    ]);
  });

  it("name a slot that is emptied", async () => {
    const run: Run = (_p, _c, view) => ({ modifiedExtensions: { ...view, custom: {} } });
    const emptied = await runOnce([plugin("empties", run)], { extensions: { custom: { a: 1 } } });
    expect([emptied.extensions.custom, emptied.executions[0]?.changed]).toEqual([{}, ["custom"]]);
  });

  it("name what a plugin puts into a new slot of mixed tiers, and no empty part", async () => {
    const shelf = {
      tier: "immutable",
      read: "everyone",
      description: "Of a test.",
      schema: z.object({
        count: z.number().optional(),
        note: z.union([z.string(), z.null()]).optional(),
        tags: stringSet().default([]),
        owner: z.string().optional(),
      }),
      fields: {
        count: { tier: "mutable", write: "everyone" },
        note: { tier: "mutable", write: "everyone" },
        tags: { tier: "mutable", write: "everyone" },
      },
    } as const;
    const host = defineHost({ slots: { shelf } });
    const changedBy = async (put: object) => {
      const puts = host.definePlugin({
        name: "puts",
        version: "1.0.0",
        hooks: { tool_pre_invoke: (_p, _c, _e) => ({ modifiedExtensions: { shelf: put } }) },
      });
      const manager = await host.createPluginManager({ plugins: [puts] });
      const { executions, errors } = await manager.invoke(hook, call);
      expect(errors).toEqual([]);
      return executions[0]?.changed;
    };
    expect(await changedBy({ count: 5 })).toEqual(["shelf.count"]);
    expect(await changedBy({ note: null })).toEqual([]);
    expect(await changedBy({ note: "a", tags: ["b"] })).toEqual(["shelf.note", "shelf.tags"]);
  });

  it("name no change if the new value is equal", async () => {
    const result = await runOnce(
      [
        plugin("same", (payload, _c, extensions) => ({
          modifiedPayload: structuredClone(payload),
          modifiedExtensions: { security: { labels: [...extensions.security.labels] } },
        })),
      ],
      { extensions: labelled("PII") },
    );
    expect(result.executions).toEqual([
      {
        ...uneventful,
        plugin: "same",
        extensions: true,
        saw: result.executions[0]?.saw,
      },
    ]);
  });

  it("keep the name of the hook a handler is registered for", async () => {
    const { definePlugin } = await import("glassine");
    const { createMessage } = await import("glassine/messages");
    const covers = definePlugin({
      name: "covers",
      version: "1.0.0",
      hooks: { message_pre_invoke: (_message) => undefined },
    });
    const manager = await manage([covers]);
    const result = await manager.invoke("cmf.tool_pre_invoke", createMessage({ role: "user" }));
    expect(result.executions).toMatchObject([{ plugin: "covers", hook: "message_pre_invoke" }]);
  });

  it("share nothing between runs that a reader could notice", async () => {
    const manager = await manage([plugin("looks", (_p, _c) => undefined)]);
    const one = await manager.invoke(hook, call);
    const two = await manager.invoke(hook, call);
    expect(one).not.toBe(two);
    expect(one.executions).toEqual(two.executions);
  });
});

describe("the time a handler took", () => {
  const all = (timeoutMs = 20) => [
    plugin("at-once", (_p, _c) => undefined),
    plugin("waits", (_p, _c) => later(15)),
    plugin("allows", (_p, _c) => null),
    tagger("changes", { mode: "transform" }),
    plugin("hangs", (_p, _c) => never(), { mode: "audit", timeoutMs }),
    plugin("beside", (_p, _c) => later(15), { mode: "concurrent" }),
    plugin("beside-at-once", (_p, _c) => undefined, { mode: "concurrent" }),
  ];

  it("is not reported unless requested", async () => {
    const { executions } = await runOnce(all());
    expect(executions.filter(({ durationMs }) => durationMs !== undefined)).toEqual([]);
  });

  it("is reported for every handler that ran, with timings", async () => {
    const { executions } = await runOnce(all(), {}, { timings: true });
    const took = Object.fromEntries(executions.map((e) => [e.plugin, e.durationMs ?? Number.NaN]));
    for (const [name, ms] of Object.entries(took)) {
      expect(ms, name).toBeGreaterThanOrEqual(0);
      expect(ms, name).toBeLessThan(10_000);
    }
    // Timers may fire a little early.
    expect(took.waits).toBeGreaterThan(10);
    expect(took.beside).toBeGreaterThan(10);
    expect(took.hangs).toBeGreaterThan(15);
  });

  it("is not reported for those that did not run", async () => {
    const { executions } = await runOnce(
      [
        plugin("elsewhere", (_p, _c) => undefined, { conditions: { tools: ["other"] } }),
        plugin("guard", (_p, _c) => deny("no")),
        plugin("skipped", (_p, _c) => undefined),
        plugin("beside", (_p, _c) => undefined, { mode: "concurrent" }),
        plugin("behind", (_p, _c) => undefined, { mode: "fire_and_forget" }),
        plugin("off", (_p, _c) => undefined, { mode: "disabled" }),
      ],
      {},
      { timings: true },
    );
    const timed = executions.filter(({ durationMs }) => durationMs !== undefined);
    expect(timed.map((record) => record.plugin)).toEqual(["guard"]);
  });

  it("is not reported for a concurrent handler that was skipped", async () => {
    const { executions } = await runOnce(
      [
        plugin("waits", (_p, _c) => later(5), { mode: "concurrent" }),
        plugin("elsewhere", (_p, _c) => undefined, {
          mode: "concurrent",
          conditions: { tools: ["other"] },
        }),
      ],
      {},
      { timings: true },
    );
    expect(executions.map(({ durationMs }) => durationMs !== undefined)).toEqual([true, false]);
  });
});
