import { describe, expect, it, vi } from "vitest";
import { verifies } from "../support/verifies.ts";
import {
  adds,
  call,
  deferred,
  hook,
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
  uncaughtDuring,
} from "./support.ts";

const hangs = (extra: Parameters<typeof plugin>[2] = {}) =>
  plugin("hangs", never as Run, { extensions: false, timeoutMs: 20, ...extra });

/** Adds a label some time later. */
const addsAfter =
  (ms: number, label: string): Run =>
  async (payload, context, extensions) => {
    await later(ms);
    return adds(label)(payload, context, extensions);
  };

describe("a handler that hangs", () => {
  it("fails at its deadline and leaves what was merged before", async () => {
    verifies("dispatch:timeout", "dispatch:merges-kept");
    const result = await runOnce([tagger("before"), hangs(), tagger("after")], {
      extensions: labelled("PII"),
    });
    expect(result.violation).toMatchObject({ plugin: "hangs", code: "handler_timeout" });
    expect(labelsOf(result)).toEqual(["PII", "before"]);
    expect(result.executions.map(({ status }) => status)).toEqual([
      "completed",
      "timeout",
      "skipped",
    ]);
  });

  it("lets the run go on where its failure is ignored, time and again", async () => {
    const result = await runOnce([
      hangs({ onError: "ignore" }),
      plugin("hangs-too", never as Run, { extensions: false, timeoutMs: 20, onError: "ignore" }),
      plugin("waits", addsAfter(5, "waited"), { extensions: true }),
    ]);
    expect(result.continueProcessing).toBe(true);
    expect(labelsOf(result)).toEqual(["waited"]);
    expect(result.errors.map(({ plugin: name }) => name)).toEqual(["hangs", "hangs-too"]);
  });

  it("is held to the manager's timeout where it set none, else to its own", async () => {
    const byManager = await runOnce(
      [plugin("hangs", never as Run, { extensions: false })],
      {},
      { timeoutMs: 20 },
    );
    expect(byManager.violation?.code).toBe("handler_timeout");
    const own = await runOnce([hangs()], {}, { timeoutMs: null });
    expect(own.violation?.code).toBe("handler_timeout");
    const operators = await runOnce([{ plugin: hangs({ timeoutMs: null }), timeoutMs: 20 }]);
    expect(operators.violation?.code).toBe("handler_timeout");
  });

  it("has no deadline with timeoutMs null", async () => {
    verifies("dispatch:timeout-off");
    const slow = plugin("slow", addsAfter(60, "slow"), { extensions: true, timeoutMs: null });
    const result = await runOnce([slow], {}, { timeoutMs: 10 });
    expect(labelsOf(result)).toEqual(["slow"]);
  });

  it("is stopped although the user's tests have replaced the timers", async () => {
    const manager = await manage([hangs()]);
    vi.useFakeTimers();
    try {
      expect((await manager.invoke(hook, call)).violation?.code).toBe("handler_timeout");
    } finally {
      vi.useRealTimers();
    }
  });

  it("does not keep a closing manager waiting when the timers are replaced", async () => {
    const manager = await manage([hangs({ mode: "fire_and_forget", timeoutMs: null })]);
    await manager.invoke(hook, call);
    vi.useFakeTimers();
    try {
      expect(await manager.close({ timeoutMs: 20 })).toMatchObject({ drained: false });
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("a deadline", () => {
  it("counts from the handler's own start", async () => {
    const steps = ["one", "two", "three", "four"].map((name) =>
      plugin(name, addsAfter(130, name), { extensions: true, timeoutMs: 400 }),
    );
    expect(labelsOf(await runOnce(steps))).toEqual(["four", "one", "three", "two"]);
  });

  it("does not run on for handlers that return at once after one that waited", async () => {
    const result = await runOnce([
      plugin("waits", addsAfter(5, "waited"), { extensions: true, timeoutMs: 200 }),
      tagger("at-once"),
      plugin("waits-long", addsAfter(260, "long"), { extensions: true, timeoutMs: null }),
    ]);
    expect(labelsOf(result)).toEqual(["at-once", "long", "waited"]);
  });

  it("gives each handler exactly one outcome when it settles right then", async () => {
    const runs = Array.from({ length: 300 }, (_, i) =>
      runOnce([plugin("close", addsAfter(18 + (i % 6), "made-it"), { timeoutMs: 20 })], {
        extensions: labelled("PII"),
      }),
    );
    const odd = (await Promise.all(runs)).filter((result) => {
      const inTime = result.executions[0]?.status === "completed";
      return (
        labelsOf(result).includes("made-it") !== inTime ||
        result.continueProcessing !== inTime ||
        (result.errors.length === 0) !== inTime
      );
    });
    expect(odd).toEqual([]);
  });
});

describe("what comes after the deadline", () => {
  it("is discarded, and counted when the manager closes", async () => {
    verifies("dispatch:timeout-late");
    const gate = deferred();
    const late: Run = async (payload, context, extensions) => {
      await gate.promise;
      return adds("late")(payload, context, extensions);
    };
    const opens: Run = async (payload, context, extensions) => {
      gate.resolve();
      await later(5);
      return adds("waited")(payload, context, extensions);
    };
    const manager = await manage([
      plugin("late", late, { extensions: true, timeoutMs: 20, onError: "ignore" }),
      plugin("opens", opens, { extensions: true }),
    ]);
    const result = await manager.invoke(hook, call);
    expect(labelsOf(result)).toEqual(["waited"]);
    expect(result.executions.map(({ status }) => status)).toEqual(["timeout", "completed"]);
    expect((await manager.close()).late).toBe(1);
  });

  it("is not taken for the result of the handler that is waited for by then", async () => {
    const late = deferred<object>();
    const waited = deferred<object>();
    const manager = await manage([
      plugin("late", (_p, _c) => late.promise, { timeoutMs: 20, onError: "ignore" }),
      plugin("waits", (_p, _c) => {
        late.resolve({ modifiedPayload: { name: "late", args: {} } });
        return waited.promise;
      }),
    ]);
    const running = manager.invoke(hook, call);
    await late.promise;
    await later(5);
    waited.resolve({ metadata: { mine: true } });
    const result = await running;
    expect(result.payload).toBe(call);
    expect(result.metadata).toEqual({ waits: { mine: true } });
  });

  it("is never an unhandled rejection", async () => {
    const rejectsLate: Run = async (_p, _c) => {
      await later(40);
      throw new Error("late");
    };
    const uncaught = await uncaughtDuring(async () => {
      for (const mode of ["sequential", "concurrent", "transform", "fire_and_forget"] as const) {
        const manager = await manage([plugin("late", rejectsLate, { mode, timeoutMs: 15 })]);
        await manager.invoke(hook, call);
        await manager.close();
      }
      await later(60);
    });
    expect(uncaught).toEqual([]);
  });
});

describe("a handler's signal", () => {
  it("aborts at its deadline", async () => {
    verifies("dispatch:signal");
    const told: string[] = [];
    let context: PluginContext | undefined;
    await runOnce([
      plugin(
        "hangs",
        (_payload, given) => {
          context = given;
          given.signal.addEventListener("abort", () => told.push("aborted"));
          return never();
        },
        { timeoutMs: 20 },
      ),
    ]);
    expect(told).toEqual(["aborted"]);
    expect(context?.signal.aborted).toBe(true);
  });

  it("is the handler's own, and stays quiet when the handler is in time", async () => {
    const signals: AbortSignal[] = [];
    const keeping = (name: string, mode: "sequential" | "concurrent") =>
      plugin(
        name,
        async (_payload, context) => {
          signals.push(context.signal);
          // A handler that plays tricks on its signal plays them on nobody else's.
          context.signal.dispatchEvent(new Event("abort"));
          await later(2);
        },
        { mode },
      );
    const host = new AbortController();
    const result = await runOnce(
      [
        keeping("one", "sequential"),
        keeping("two", "sequential"),
        keeping("three", "concurrent"),
        keeping("four", "concurrent"),
      ],
      { signal: host.signal },
    );
    expect(result.continueProcessing).toBe(true);
    expect(new Set([...signals, host.signal]).size).toBe(5);
    expect(signals.map(({ aborted }) => aborted)).toEqual([false, false, false, false]);
    expect(host.signal.aborted).toBe(false);
  });

  it("is aborted already when it is asked for after the run", async () => {
    const kept: PluginContext[] = [];
    await runOnce([plugin("keeps", (_p, context) => void kept.push(context))]);
    expect(kept[0]?.signal.aborted).toBe(true);
  });
});
