import { describe, expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";
import {
  adds,
  labelled,
  labelsOf,
  later,
  never,
  type PluginContext,
  plugin,
  type Run,
  runOnce,
  tagger,
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
  it("fails at its deadline and keeps what was merged before", async () => {
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

  it("lets the run continue if its failure is ignored, each time", async () => {
    const result = await runOnce([
      hangs({ onError: "ignore" }),
      plugin("hangs-too", never as Run, { extensions: false, timeoutMs: 20, onError: "ignore" }),
      plugin("waits", addsAfter(5, "waited"), { extensions: true }),
    ]);
    expect(result.continueProcessing).toBe(true);
    expect(labelsOf(result)).toEqual(["waited"]);
    expect(result.errors.map(({ plugin: name }) => name)).toEqual(["hangs", "hangs-too"]);
  });

  it("has its own timeout, or the manager's if it sets none", async () => {
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
});

describe("a deadline", () => {
  it("counts from the handler's own start", async () => {
    const steps = ["one", "two", "three", "four"].map((name) =>
      plugin(name, addsAfter(130, name), { extensions: true, timeoutMs: 400 }),
    );
    expect(labelsOf(await runOnce(steps))).toEqual(["four", "one", "three", "two"]);
  });

  it("does not keep running for synchronous handlers after an asynchronous one", async () => {
    const result = await runOnce([
      plugin("waits", addsAfter(5, "waited"), { extensions: true, timeoutMs: 200 }),
      tagger("at-once"),
      plugin("waits-long", addsAfter(260, "long"), { extensions: true, timeoutMs: null }),
    ]);
    expect(labelsOf(result)).toEqual(["at-once", "long", "waited"]);
  });

  it("results in exactly one outcome for a handler that settles at that moment", async () => {
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

describe("a handler's signal", () => {
  it("aborts at its deadline", async () => {
    verifies("dispatch:signal");
    const events: string[] = [];
    let context: PluginContext | undefined;
    await runOnce([
      plugin(
        "hangs",
        (_payload, given) => {
          context = given;
          given.signal.addEventListener("abort", () => events.push("aborted"));
          return never();
        },
        { timeoutMs: 20 },
      ),
    ]);
    expect(events).toEqual(["aborted"]);
    expect(context?.signal.aborted).toBe(true);
  });

  it("is already aborted when read after the run", async () => {
    const kept: PluginContext[] = [];
    await runOnce([plugin("keeps", (_p, context) => void kept.push(context))]);
    expect(kept[0]?.signal.aborted).toBe(true);
  });
});
