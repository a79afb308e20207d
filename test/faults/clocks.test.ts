// A process of its own: it installs its own clock before the sources load.
import "./virtual-time.ts";
import {
  bytesOf,
  deferred,
  manage,
  never,
  type PluginContext,
  plugin,
  type Result,
  type Run,
  uncaughtDuring,
} from "../dispatch/support.ts";
import {
  EndCounter,
  invoke,
  type LiveMode,
  liveModes,
  nameOf,
  pluginsOf,
  timeoutMs,
} from "./plans.ts";
import "./end-of-loading.ts";
import { describe, expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";
import { advance, jumpWallClock, pass, referencedTimers, settle, time } from "./virtual-time.ts";

const graceMs = timeoutMs / 16 + 2;

/** A manager whose handlers all hang, and the order in which their signals abort. */
async function hanging(modes: readonly LiveMode[], deadlines: readonly number[], order: string[]) {
  return manage(
    modes.map((mode, at) =>
      plugin(
        nameOf(at),
        (_p, context: PluginContext) => {
          context.signal.addEventListener("abort", () => order.push(context.plugin.name));
          return never();
        },
        { mode, timeoutMs: deadlines[at] as number, onError: "ignore" },
      ),
    ),
  );
}

describe("F-06: the event loop is blocked", () => {
  const blockedMs = 5000;

  it("deadlines of one run fire once afterwards, those of one length in plugin order", async () => {
    verifies("dispatch:timeout", "dispatch:concurrent-awaited");
    const order: string[] = [];
    const deadlines = [300, 200, 100, 100, 200, 300];
    const manager = await hanging(
      Array.from(deadlines, () => "concurrent"),
      deadlines,
      order,
    );
    const running = invoke(manager);
    await advance(50);
    pass(blockedMs);
    await advance(400);
    const result = await running;
    expect([...order].sort()).toEqual(deadlines.map((_ms, at) => nameOf(at)));
    for (const [one, other] of [
      [2, 3],
      [1, 4],
      [0, 5],
    ] as const) {
      expect(order.indexOf(nameOf(one))).toBeLessThan(order.indexOf(nameOf(other)));
    }
    expect(result.executions.map(({ status }) => status)).toEqual(deadlines.map(() => "timeout"));
    expect(result.errors).toHaveLength(deadlines.length);
    expect(await manager.close()).toMatchObject({ drained: true, late: 0 });
    expect(referencedTimers()).toBe(0);
  });

  it("deadlines of many runs fire once each, in the order in which the runs began", async () => {
    for (const mode of liveModes) {
      const order: string[] = [];
      const ended: string[] = [];
      const ends = new EndCounter();
      const hangs = plugin(
        "hangs",
        (payload, context) => {
          context.signal.addEventListener("abort", () => order.push(String(payload.name)));
          return never();
        },
        { mode, timeoutMs, onError: "ignore" },
      );
      const manager = await manage([hangs]);
      const names = Array.from({ length: 50 }, (_, at) => `run-${at}`);
      const running = names.map((name) =>
        ends.count(
          manager.invoke("tool_pre_invoke", { name, args: {} }).then((result) => {
            ended.push(name);
            return result;
          }),
        ),
      );
      await advance(10);
      pass(blockedMs);
      await advance(2 * timeoutMs);
      const results = await Promise.all(running);
      expect([mode, order]).toEqual([mode, names]);
      expect([mode, ended]).toEqual([mode, names]);
      const status = mode === "fire_and_forget" ? "started" : "timeout";
      expect(new Set(results.map(({ executions }) => executions[0]?.status))).toEqual(
        new Set([status]),
      );
      ends.expectComplete();
      const { background, drained } = await manager.close();
      expect(drained).toBe(true);
      expect(background.timedOut).toBe(mode === "fire_and_forget" ? names.length : 0);
      expect(referencedTimers()).toBe(0);
    }
  });

  it("what settled while it was blocked is a result or a timeout, never both", async () => {
    for (const mode of ["sequential", "concurrent"] as const) {
      for (const blocked of [timeoutMs - 20, timeoutMs, timeoutMs + graceMs, blockedMs]) {
        const gate = deferred();
        const waits: Run = () => gate.promise.then(() => ({ metadata: { settled: true } }));
        const settings = { mode, timeoutMs, extensions: true } as const;
        const manager = await manage([plugin("waits", waits, settings)]);
        const uncaught = await uncaughtDuring(async () => {
          const running = invoke(manager);
          await settle();
          pass(blocked);
          gate.resolve();
          await advance(2 * timeoutMs);
          const result = await running;
          // Promises settle before timers fire.
          expect(result.metadata).toEqual({ waits: { settled: true } });
          expect([result.violation, result.errors]).toEqual([undefined, []]);
          expect(await manager.close()).toMatchObject({ drained: true, late: 0 });
        });
        expect(uncaught).toEqual([]);
      }
    }
  });
});

const hour = 3_600_000;
const jumps = {
  "back an hour": -hour,
  "forward an hour": hour,
  "back a day": -24 * hour,
  "forward by years": 1e11,
  "a leap second": -1000,
} as const;

describe("F-08: the wall clock is changed during a run", () => {
  /** Runs a handler that hangs between two working ones, and returns the result and its time. */
  async function run(mode: LiveMode, jump: () => void): Promise<{ result: Result; ms: number }> {
    const modes = [mode, mode, mode];
    const fault = { code: "handler_timeout", run: never as Run } as const;
    const plan = { modes, at: 1, onError: "ignore", pace: "async", fault } as const;
    const manager = await manage(pluginsOf(plan), { timings: true });
    const startedAt = time();
    let ms = -1;
    const running = invoke(manager).then((result) => {
      ms = time() - startedAt;
      return result;
    });
    for (let step = 0; step < 20; step += 1) {
      jump();
      await advance(10);
    }
    const result = await running;
    expect(await manager.close()).toMatchObject({ drained: true });
    return { result, ms };
  }

  it.each(liveModes)("in mode %s: the same result at the same time", async (mode) => {
    verifies("dispatch:timeout");
    const usual = await run(mode, () => undefined);
    expect(usual.ms).toBeGreaterThanOrEqual(mode === "fire_and_forget" ? 0 : timeoutMs);
    expect(usual.ms).toBeLessThanOrEqual(timeoutMs + graceMs);
    for (const [what, by] of Object.entries(jumps)) {
      const { result, ms } = await run(mode, () => jumpWallClock(by));
      expect([what, ms, bytesOf(result)]).toEqual([what, usual.ms, bytesOf(usual.result)]);
      const durations = result.executions.map(({ durationMs }) => durationMs ?? 0);
      expect(Math.min(...durations)).toBeGreaterThanOrEqual(0);
    }
  });

  it("request ids stay unique", async () => {
    const manager = await manage([]);
    const ids = new Set<string>();
    for (let i = 0; i < 100; i += 1) {
      jumpWallClock(i % 2 === 0 ? -hour : hour);
      ids.add((await invoke(manager)).context.request);
    }
    expect(ids.size).toBe(100);
  });
});
