import { createExtensions, deny } from "glassine";
import { describe, expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";
import {
  adds,
  bytesOf,
  call,
  deferred,
  finishing,
  hook,
  labelled,
  labelsOf,
  manage,
  never,
  permutations,
  plugin,
  type Run,
  rest,
  runOnce,
} from "./support.ts";

const mode = "concurrent";
const names = ["aaa", "bbb", "ccc", "ddd"] as const;

describe("concurrent plugins", () => {
  it("all start before any is awaited", async () => {
    const started: string[] = [];
    const gate = deferred();
    const running = runOnce(
      names.map((name) =>
        plugin(
          name,
          (_p, _c) => {
            started.push(name);
            return gate.promise;
          },
          { mode },
        ),
      ),
    );
    await rest();
    expect(started).toEqual(names);
    gate.resolve();
    await running;
  });

  it("all see the envelope and the payload from the start of the phase", async () => {
    verifies("dispatch:concurrent-view");
    const seen: unknown[] = [];
    const looking: Run = (payload, context, extensions) => {
      seen.push([payload, extensions.security.labels]);
      return adds(context.plugin.name)(payload, context, extensions);
    };
    await runOnce([
      plugin("before", adds("early")),
      ...names.map((name) => plugin(name, looking, { mode })),
    ]);
    expect(seen).toEqual(names.map(() => [call, ["early"]]));
  });

  it("see the same view when one of them adds to the envelope through a nested run", async () => {
    const seen: unknown[] = [];
    const looking: Run = (_payload, _context, extensions) => {
      seen.push(extensions.security.labels);
    };
    const inner = await manage([plugin("inner", adds("inner"))]);
    const result = await runOnce([
      plugin(
        "nests",
        (payload, context, _extensions) => {
          void inner.invoke(hook, payload, { parent: context });
        },
        { mode, priority: 1 },
      ),
      plugin("looks", looking, { mode, priority: 2 }),
    ]);
    expect(seen).toEqual([[]]);
    expect(labelsOf(result)).toEqual(["inner"]);
  });

  it("are decided by the first denial in plugin order, whoever finishes first", async () => {
    verifies("dispatch:concurrent-denial");
    const outcomes = new Set<string>();
    for (const order of permutations(names)) {
      const result = await finishing(order, (name) =>
        name === "aaa" || name === "ddd" ? adds(name) : (_p, _c) => deny(`${name} says no`),
      );
      outcomes.add(bytesOf(result));
      expect(result.violation).toEqual({
        plugin: "bbb",
        code: "denied",
        reason: "bbb says no",
      });
    }
    expect(outcomes.size).toBe(1);
  });

  it("continue after the failure of one whose errors are ignored", async () => {
    const result = await runOnce([
      plugin("bad", (_p, _c) => Promise.reject(new Error("broken")), { mode, onError: "ignore" }),
      plugin("good", adds("good"), { mode }),
    ]);
    expect(result.continueProcessing).toBe(true);
    expect(labelsOf(result)).toEqual(["good"]);
    expect(result.errors).toMatchObject([{ plugin: "bad", code: "handler_error" }]);
  });

  it.each([
    ["returned", (value: unknown) => value],
    ["resolved", (value: unknown) => Promise.resolve(value)],
  ])("are read when they end: what they %s cannot change while others run", async (_how, ends) => {
    verifies("dispatch:result-read-once");
    const labels = ["PII", "early"];
    const result = { modifiedExtensions: { security: { labels } }, metadata: { n: [1] } };
    const gate = deferred();
    const running = runOnce(
      [
        plugin("changes", (_p, _c, _e) => ends(result), { mode }),
        plugin("waits", (_p, _c) => gate.promise, { mode }),
      ],
      { extensions: labelled("PII") },
    );
    await rest();
    labels[1] = "late";
    result.metadata.n.push(2);
    Object.assign(result, { modifiedExtensions: { security: { labels: [] } } });
    gate.resolve();
    const { extensions, metadata, errors } = await running;
    expect(extensions.security?.labels).toEqual(["PII", "early"]);
    expect(metadata.changes).toEqual({ n: [1] });
    expect(errors).toEqual([]);
  });

  it("are read when they throw: a denial cannot change while others run", async () => {
    verifies("dispatch:result-read-once");
    // Like a `RejectError` from another copy of the library.
    const rejected = { [Symbol.for("glassine.error")]: true, code: "rejected", reason: "early" };
    const gate = deferred();
    const running = runOnce([
      plugin("changes", (_p, _c) => Promise.reject(rejected), { mode }),
      plugin("waits", (_p, _c) => gate.promise, { mode }),
    ]);
    await rest();
    rejected.reason = "late";
    gate.resolve();
    expect((await running).violation).toMatchObject({ plugin: "changes", reason: "early" });
  });

  it("are refused in the order of their parts, although all are read before the merge", async () => {
    const unreadable = { modifiedPayload: new Date(0), metadata: () => 1 };
    const shrinking = { modifiedExtensions: { security: { labels: [] } }, ...unreadable };
    const codes = async (returned: object) => {
      const plugins = [plugin("bad", (_p, _c) => returned, { mode })];
      const result = await runOnce(plugins, { extensions: labelled("PII") });
      return result.rejections.map(({ path, code }) => `${path} ${code}`);
    };
    expect(await codes(shrinking)).toEqual(["security.labels tier_monotonic"]);
    expect(await codes(unreadable)).toEqual(["payload snapshot_prototype"]);
  });

  it("may add labels without taking extensions, compared with the start of the phase", async () => {
    const adding = (label: string) => (_payload: unknown, _context: unknown) => ({
      modifiedExtensions: { security: { labels: ["PII", label] } },
    });
    const result = await runOnce(
      names.map((name) => plugin(name, adding(name), { mode })),
      { extensions: labelled("PII") },
    );
    expect(result.violation).toBeUndefined();
    expect(labelsOf(result)).toEqual(["PII", ...names]);
  });

  it("each have a deadline of their own", async () => {
    const result = await runOnce([
      plugin("hangs", never as Run, { mode, timeoutMs: 20, extensions: false, onError: "ignore" }),
      plugin("waits", (_p, _c) => new Promise((resolve) => setTimeout(resolve, 60)), {
        mode,
        timeoutMs: 5000,
      }),
    ]);
    expect(result.executions.map(({ status }) => status)).toEqual(["timeout", "completed"]);
  });

  it("receive the host's abort through their signals, unless they have ended", async () => {
    verifies("dispatch:abort");
    const host = new AbortController();
    const signals: AbortSignal[] = [];
    const looking = (name: string, ends: () => unknown) =>
      plugin(
        name,
        (_p, context) => {
          signals.push(context.signal);
          return ends();
        },
        { mode },
      );
    const manager = await manage([
      looking("answers", () => undefined),
      looking("settles", async () => undefined),
      looking("hangs", never),
      looking("hangs-too", never),
    ]);
    const running = manager.invoke(hook, call, { signal: host.signal });
    await rest();
    host.abort();
    const { executions } = await running;
    expect(signals.map((signal) => signal.aborted)).toEqual([false, false, true, true]);
    const cancelled = { status: "cancelled", effectiveAllow: false, errorCode: "aborted" };
    const completed = { status: "completed", effectiveAllow: true };
    expect(executions).toMatchObject([completed, completed, cancelled, cancelled]);
  });

  it("run after the serial phases and before the background", async () => {
    const turns: string[] = [];
    const waiting = (name: string, as: "sequential" | "concurrent" | "fire_and_forget") =>
      plugin(
        name,
        async (_p, _c) => {
          turns.push(`${name} starts`);
          await rest();
          turns.push(`${name} ends`);
        },
        { mode: as },
      );
    const manager = await manage([
      waiting("behind", "fire_and_forget"),
      waiting("beside", "concurrent"),
      waiting("before", "sequential"),
    ]);
    await manager.invoke(hook, call);
    await manager.close();
    expect(turns).toEqual([
      "before starts",
      "before ends",
      "beside starts",
      "beside ends",
      "behind starts",
      "behind ends",
    ]);
  });

  it("leave payload and envelope the same objects if no plugin adds anything", async () => {
    verifies("dispatch:untouched");
    const extensions = createExtensions({ security: { labels: ["PII"] }, custom: { a: 1 } });
    const result = await runOnce(
      names.map((name) => plugin(name, async (_p, _c, _e) => undefined, { mode })),
      { extensions },
    );
    expect(result.payload).toBe(call);
    expect(result.extensions).toBe(extensions);
  });
});
