// Only in test:all: it tries every mix of older hooks.
import { createExtensions, createPluginManager, definePlugin } from "glassine";
import { describe, expect, it, vi } from "vitest";
import { verifies } from "../support/verifies.ts";
import { fleet } from "./fleet.ts";
import { calls, type OlderHook, olderHooks, type Payload } from "./fleet-calls.ts";
import { type Entry, type FleetManifest, manifestOf } from "./fleet-shape.ts";
import { define } from "./support.ts";

const envelope = createExtensions({
  request: { request_id: "r-1" },
  http: { headers: { Authorization: "Bearer t" } },
  security: { labels: ["PII"], subject: { id: "ada", type: "user", roles: ["admin"] } },
  delegation: { chain: [{ subject_id: "ada", subject_type: "user" }] },
  custom: { note: "n" },
});
const empty = createExtensions({});

async function outcomes(
  manifests: readonly FleetManifest[],
  hook: OlderHook,
  extensions: typeof envelope | undefined,
) {
  const manager = await createPluginManager({
    plugins: manifests.map(define),
    onHandlerError: () => {},
  });
  const results = [];
  // Each payload twice, to reveal counters, states and disabled plugins.
  for (const payload of [...calls[hook], ...calls[hook]]) {
    const given = extensions === undefined ? {} : { extensions };
    const result = await manager.invoke(hook, payload as never, given);
    expect(result.extensions).toEqual(extensions ?? empty);
    if (extensions !== undefined) expect(result.extensions).toBe(extensions);
    const { extensions: _, context: __, ...rest } = result;
    results.push(rest);
  }
  const report = await manager.close();
  return { results, report };
}

/** Counts what each handler is called with, without changing how many parameters it shows. */
function observed(manifest: FleetManifest, counts: number[]): FleetManifest {
  const observe = (entry: Entry): Entry => {
    if (typeof entry !== "function") return { ...entry, handler: observe(entry.handler) as never };
    const observer = function (this: unknown, ...args: never[]) {
      counts.push(args.length);
      return Reflect.apply(entry, this, args);
    };
    return Object.defineProperty(observer, "length", { value: entry.length });
  };
  const hooks = Object.entries(manifest.hooks).map(([hook, entry]) => [hook, observe(entry)]);
  return { ...manifest, hooks: Object.fromEntries(hooks) };
}

it("is a fleet", () => {
  expect(fleet.length).toBeGreaterThanOrEqual(30);
  expect(new Set(fleet.map(({ name }) => name)).size).toBe(fleet.length);
  expect(olderHooks).toHaveLength(8);
});

describe.each(olderHooks)("on %s", (hook) => {
  it.each(fleet)("$name: the same with and without an envelope", async (member) => {
    const without = await outcomes([manifestOf(member)], hook, undefined);
    const within = await outcomes([manifestOf(member)], hook, envelope);
    expect(within).toEqual(without);
    for (const { executions } of within.results) {
      expect(executions).toHaveLength(1);
      expect(executions[0]).toMatchObject({
        extensions: false,
        saw: [],
        extensionsModified: false,
      });
    }
  });

  it("the whole fleet: the same with and without an envelope", async () => {
    const without = await outcomes(fleet.map(manifestOf), hook, undefined);
    const within = await outcomes(fleet.map(manifestOf), hook, envelope);
    expect(within).toEqual(without);
    expect(within.results.map(({ continueProcessing }) => continueProcessing)).toEqual([
      true,
      false,
      true,
      false,
    ]);
    expect(within.results[0]?.executions).toHaveLength(fleet.length);
    expect(
      within.results.every(({ executions }) =>
        executions.every(({ extensions, saw }) => !extensions && saw.length === 0),
      ),
    ).toBe(true);
  });

  it("the whole fleet: no handler receives a third argument", async () => {
    verifies("dispatch:two-arguments");
    const counts: number[] = [];
    const manifests = fleet.map((member, at) => observed(manifestOf(member, at), counts));
    const seen = await outcomes(manifests, hook, envelope);
    expect(counts.length).toBeGreaterThan(fleet.length);
    expect(new Set(counts)).toEqual(new Set([2]));
    expect(seen).toEqual(await outcomes(fleet.map(manifestOf), hook, envelope));
  });
});

describe("beside plugins that take extensions", () => {
  it("old plugins return the same, and only the other one is shown extensions", async () => {
    const reader = definePlugin({
      name: "reader",
      version: "1.0.0",
      capabilities: ["read_labels"],
      hooks: {
        tool_pre_invoke: (_payload, _context, extensions) => ({
          metadata: { labels: extensions.security.labels },
        }),
      },
    });
    const old = fleet.filter(({ name }) => /^an? (?:function|arrow|mock|bound|async)/.test(name));
    const manager = await createPluginManager({
      plugins: [reader, ...old.map(manifestOf).map(define)],
    });
    const result = await manager.invoke(
      "tool_pre_invoke",
      { name: "add" },
      { extensions: envelope },
    );
    expect(
      result.executions.filter(({ extensions }) => extensions).map(({ plugin }) => plugin),
    ).toEqual(["reader"]);
    expect(result.metadata.reader).toEqual({ labels: ["PII"] });
    const alone = await createPluginManager({
      plugins: old.map(manifestOf).map(define),
    });
    const { metadata } = await alone.invoke("tool_pre_invoke", { name: "add" });
    expect({ ...result.metadata, reader: undefined }).toEqual({ ...metadata, reader: undefined });
  });

  it("a mock is called with payload and context only", async () => {
    const handler = vi.fn((payload: Payload) => void payload);
    const plugin = define({
      name: "mock",
      version: "1.0.0",
      hooks: { tool_pre_invoke: { handler, extensions: false } },
    });
    const manager = await createPluginManager({ plugins: [plugin] });
    await manager.invoke("tool_pre_invoke", { name: "add" }, { extensions: envelope });
    expect(handler.mock.calls).toHaveLength(1);
    expect(handler.mock.calls[0]).toHaveLength(2);
  });
});

describe("a handler with two parameters that returns extensions anyway", () => {
  const labeller = (capabilities: readonly string[]) =>
    define({
      name: "labeller",
      version: "1.0.0",
      capabilities,
      hooks: {
        tool_pre_invoke: {
          extensions: false,
          handler: (payload: Payload) => ({
            modifiedExtensions: {
              security: { labels: payload.name === "drop" ? ["EU"] : ["EU", "PII"] },
            },
          }),
        },
      },
    });

  it("is merged against the view of its capabilities", async () => {
    verifies("dispatch:merged");
    const manager = await createPluginManager({ plugins: [labeller(["append_labels"])] });
    const added = await manager.invoke(
      "tool_pre_invoke",
      { name: "add" },
      { extensions: envelope },
    );
    expect(added.extensions.security?.labels).toEqual(["EU", "PII"]);
    expect(added.executions[0]).toMatchObject({
      extensions: false,
      saw: [],
      changed: ["security.labels"],
    });
    const dropped = await manager.invoke(
      "tool_pre_invoke",
      { name: "drop" },
      { extensions: envelope },
    );
    expect(dropped.violation).toMatchObject({ plugin: "labeller", code: "tier_monotonic" });
    expect(dropped.extensions).toBe(envelope);
  });

  it("writes nothing without the capability", async () => {
    const manager = await createPluginManager({ plugins: [labeller([])] });
    const result = await manager.invoke(
      "tool_pre_invoke",
      { name: "add" },
      { extensions: envelope },
    );
    expect(result.extensions).toBe(envelope);
    expect(result.rejections).toMatchObject([
      { plugin: "labeller", path: "security.labels", code: "capability_missing" },
    ]);
  });

  it("learns nothing about what it may not see by returning it", async () => {
    const guesses = define({
      name: "guesses",
      version: "1.0.0",
      hooks: {
        tool_pre_invoke: {
          extensions: false,
          handler: ({ name }: Payload) => ({
            modifiedExtensions: { http: { headers: { Authorization: name } } },
          }),
        },
      },
    });
    const manager = await createPluginManager({ plugins: [guesses] });
    for (const name of ["Bearer t", "Bearer u"]) {
      const { rejections } = await manager.invoke(
        "tool_pre_invoke",
        { name },
        { extensions: envelope },
      );
      expect(rejections).toMatchObject([{ plugin: "guesses", code: "capability_missing" }]);
    }
  });
});
