/** Promises where data belongs, as after a forgotten `await`: refused, with rejections handled. */
import { amend, createExtensions, filterExtensions, type RunSettings } from "glassine";
import { defineHost } from "glassine/host";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { aborted, later, plugin, type Run, runOnce, uncaughtDuring } from "../dispatch/support.ts";
import { block } from "../support/block.ts";

const rejects = async (): Promise<never> => {
  await undefined;
  throw new Error("nobody waited for it");
};

const rejected = () => [rejects(), { a: rejects() }];
const blocked = () => {
  block(10);
  return rejected();
};
const throwsRejected = () => {
  throw rejects();
};
const throwsLate: Run = (_payload, { signal }) =>
  new Promise((_, reject) => signal.addEventListener("abort", () => reject(rejects())));
const rejectedLate: Run = (_payload, { signal }) =>
  new Promise((resolve) => signal.addEventListener("abort", () => resolve(rejected())));

const slots = {
  trail: {
    tier: "monotonic",
    read: "read_trail",
    write: "append_trail",
    description: "A trail.",
    schema: z.object({ items: z.array(z.string()).default([]), n: z.number().optional() }),
    grows: "items",
    derive: rejects as never,
  },
} as const;
const host = defineHost({
  slots,
  hooks: {
    vote: { semantic: "voting", description: "May it be?", payload: z.object({}) },
    value: { semantic: "filter_chain", description: "A value.", payload: z.json() },
    kept: {
      semantic: "filter_chain",
      description: "A value with a rule.",
      payload: z.string(),
      keeps: rejects as never,
    },
    scores: {
      semantic: "score_delta",
      description: "Scores.",
      payload: z.array(z.object({ id: z.string() })),
    },
    note: { semantic: "fire_and_forget", description: "A note.", payload: z.object({}) },
  },
});

type Hook = "evaluate" | "vote" | "value" | "kept" | "scores" | "note";
const payloads = {
  evaluate: { role: "user" },
  vote: {},
  value: "a",
  kept: "a",
  scores: [],
  note: {},
};

async function run(hook: Hook, handler: object, more: object = {}): Promise<unknown> {
  const manifest = { name: "forgets", version: "1.0.0", hooks: { [hook]: handler }, ...more };
  const plugin = host.definePlugin(manifest as never);
  const manager = await host.createPluginManager({ plugins: [plugin], logger: {} });
  const answer = await manager.invoke(hook as "vote", payloads[hook] as never).catch(codeOf);
  const { violation } = Object(answer) as { violation?: { code: string } };
  return violation === undefined ? answer : violation.code;
}

async function healthOf(healthCheck: () => unknown): Promise<string | undefined> {
  const manifest = { name: "forgets", version: "1.0.0", healthCheck };
  const plugins = [host.definePlugin(manifest as never)];
  const manager = await host.createPluginManager({ plugins, logger: {} });
  const [report] = await manager.checkHealth();
  return report?.status;
}

async function auditOf(metadata: object): Promise<unknown> {
  const manager = await host.createPluginManager({ plugins: [], audit: { sink: () => {} } });
  const named = { eventType: "a.b", actorUri: "a:b", targetUri: "c:d", outcome: "success" };
  return manager.audit({ ...named, metadata } as never).catch(codeOf);
}

const codeOf = (error: { code: string }) => error.code;
const attempt = (make: () => unknown) => {
  try {
    return make();
  } catch (error) {
    return codeOf(error as { code: string });
  }
};
const view = filterExtensions(createExtensions({}), ["append_labels"]);

const places: readonly [where: string, code: string, make: () => unknown][] = [
  [
    "the payload",
    "snapshot_prototype",
    () => run("evaluate", () => ({ modifiedPayload: rejects() })),
  ],
  [
    "the extensions",
    "snapshot_prototype",
    () => run("evaluate", () => ({ modifiedExtensions: rejects() })),
  ],
  [
    "metadata, many times",
    "snapshot_prototype",
    () => run("evaluate", () => ({ metadata: { all: [rejects(), [rejects()], rejects()] } })),
  ],
  [
    "each part of a result",
    "snapshot_prototype",
    () =>
      run("evaluate", () => ({
        modifiedExtensions: { custom: { a: rejects() } },
        modifiedPayload: { content: rejects() },
        metadata: { a: rejects() },
      })),
  ],
  [
    "a list in place of a result",
    "result_shape",
    () => run("evaluate", () => [rejects(), rejects()]),
  ],
  [
    "a part that no result has",
    "result_shape",
    () => run("evaluate", () => ({ labels: rejects() })),
  ],
  [
    "what is thrown",
    "handler_error",
    () =>
      run("evaluate", () => {
        throw rejects();
      }),
  ],
  ["a value of a filter chain", "execution_failed", () => run("value", () => ({ a: [rejects()] }))],
  ["the answer of a hook's rule", "execution_failed", () => run("kept", () => "b")],
  ["scores", "execution_failed", () => run("scores", () => ({ a: rejects(), b: rejects() }))],
  [
    "scores in a map",
    "execution_failed",
    () =>
      run("scores", () => {
        return new Map([
          ["a", rejects()],
          ["b", rejects()],
        ]);
      }),
  ],
  ["scores in a list", "execution_failed", () => run("scores", () => [rejects(), rejects()])],
  [
    "a score that is none, after others",
    "execution_failed",
    () => run("scores", () => ({ a: { b: [rejects()] }, [Symbol("c")]: rejects(), d: rejects() })),
  ],
  [
    "scores after a getter",
    "execution_failed",
    () => run("scores", () => Object.defineProperty({ b: 0, c: rejects() }, "b", { get: rejects })),
  ],
  [
    "ids of scores",
    "execution_failed",
    () => run("scores", () => new Map([[rejects(), { a: rejects() }]])),
  ],
  ["a vote", "execution_failed", () => run("vote", () => ({ allow: rejects() }))],
  ["a list in place of a vote", "execution_failed", () => run("vote", () => [rejects()])],
  ["health", "unhealthy", () => healthOf(() => ({ status: rejects(), message: rejects() }))],
  [
    "what a health check throws",
    "unhealthy",
    () =>
      healthOf(() => {
        throw rejects();
      }),
  ],
  ["an audit event", "options_invalid", () => auditOf({ a: rejects(), b: [rejects()] })],
  [
    "what a voter throws",
    "execution_failed",
    () =>
      run("vote", () => {
        throw rejects();
      }),
  ],
  ["a recipe", "edit_denied", () => attempt(() => amend(view, rejects as never))],
  [
    "what derive returns",
    "slot_invalid",
    () => attempt(() => host.createExtensions({ trail: { items: ["a"] } })),
  ],
  [
    "an envelope",
    "extensions_invalid",
    () => attempt(() => createExtensions({ custom: { a: rejects(), b: rejects() } } as never)),
  ],
];

describe("a promise that rejects", () => {
  it.each(places)(
    "is refused in %s with %s, and its rejection is handled",
    async (_where, code, make) => {
      const found: unknown[] = [];
      const uncaught = await uncaughtDuring(async () => found.push(await make()));
      expect(found).toEqual([code]);
      expect(uncaught).toEqual([]);
    },
  );

  it("is ignored in what a notified handler returns, and its rejection is handled", async () => {
    const found: unknown[] = [];
    const uncaught = await uncaughtDuring(async () => {
      found.push(await run("note", () => [rejects(), { a: rejects() }]));
    });
    expect([found, uncaught]).toEqual([[undefined], []]);
  });

  it.each([
    ["returns", () => blocked()],
    ["resolves to", () => later(0).then(blocked)],
  ])("is ignored in what a voter that blocked the thread for too long %s", async (_, vote) => {
    const found: unknown[] = [];
    const uncaught = await uncaughtDuring(async () => {
      found.push(await run("vote", { handler: vote, timeoutMs: 5 }));
    });
    expect([found, uncaught]).toEqual([["execution_failed"], []]);
  });

  it.each([
    ["in the background", rejected, { mode: "fire_and_forget" }],
    ["late", rejectedLate, { timeoutMs: 5 }],
    ["late, beside others", rejectedLate, { mode: "concurrent", timeoutMs: 5 }],
  ] satisfies [string, Run, RunSettings][])(
    "is ignored in what a handler returns %s, and its rejection is handled",
    async (_, handler, settings) => {
      const uncaught = await uncaughtDuring(() => runOnce([plugin("forgets", handler, settings)]));
      expect(uncaught).toEqual([]);
    },
  );

  it.each([
    ["beside others", throwsRejected, { mode: "concurrent" }],
    ["late", throwsLate, { timeoutMs: 5 }],
    ["late, beside others", throwsLate, { mode: "concurrent", timeoutMs: 5 }],
  ] satisfies [string, Run, RunSettings][])(
    "is ignored in what a handler throws %s, and its rejection is handled",
    async (_, handler, settings) => {
      const forgets = plugin("forgets", handler, { ...settings, onError: "ignore" });
      const waits = plugin("waits", (_p, _c) => later(10), { mode: "concurrent" });
      const uncaught = await uncaughtDuring(() => runOnce([forgets, waits]));
      expect(uncaught).toEqual([]);
    },
  );

  it.each([
    ["returns", rejected, {}],
    ["throws", throwsRejected, {}],
    ["throws, beside others,", throwsRejected, { mode: "concurrent" }],
    ["rejects with", () => later(1).then(throwsRejected), {}],
    ["rejects with, beside others,", () => later(1).then(throwsRejected), { mode: "concurrent" }],
    ["resolves to", () => later(1).then(rejected), {}],
    ["resolves to, beside others,", () => later(1).then(rejected), { mode: "concurrent" }],
  ] satisfies [string, () => unknown, RunSettings][])(
    "is ignored in what a handler %s after it made the host abort",
    async (_, end, settings) => {
      const control = new AbortController();
      const aborts = plugin(
        "aborts",
        (_p, _c) => {
          control.abort();
          return end();
        },
        settings,
      );
      const waits = plugin("waits", (_p, _c) => later(1));
      const uncaught = await uncaughtDuring(async () => {
        const { violation } = await runOnce([waits, aborts], { signal: control.signal });
        expect(violation).toEqual(aborted);
      });
      expect(uncaught).toEqual([]);
    },
  );

  it("is named as what it is", () => {
    const make = () => createExtensions({ custom: { a: Promise.resolve(1) } } as never);
    expect(make).toThrow("custom.a: expected a plain object, got a promise");
  });

  it("has none of its own code run, if it has any", async () => {
    let ran = 0;
    class Noisy extends Promise<never> {
      static override get [Symbol.species]() {
        ran += 1;
        return Promise;
      }
      // biome-ignore lint/suspicious/noThenProperty: the test checks that it is not called.
      override then(...given: never[]): never {
        ran += 1;
        return super.then(...given) as never;
      }
    }
    const owned = Object.defineProperty(Promise.resolve(1), "constructor", {
      get: () => {
        ran += 1;
        return Promise;
      },
    });
    const noisy = Noisy.resolve(1 as never);
    ran = 0;
    expect(await run("evaluate", () => ({ metadata: { noisy, owned } }))).toBe(
      "snapshot_prototype",
    );
    expect(ran).toBe(0);
  });
});
