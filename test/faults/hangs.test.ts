// A process of its own: it installs its own clock before the sources load.
// Only in test:all: it tries every place where a handler can hang.
import "./virtual-time.ts";
import {
  type Deferred,
  deferred,
  manage,
  never,
  type Run,
  uncaughtDuring,
} from "../dispatch/support.ts";
import {
  EndCounter,
  expectOutcome,
  invoke,
  type LiveMode,
  lists,
  liveModes,
  nameOf,
  placesOf,
  pluginsOf,
  timeoutMs,
  tryPlan,
} from "./plans.ts";
import "./end-of-loading.ts";
import { describe, expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";
import { advance, referencedTimers, time } from "./virtual-time.ts";

/** A deadline is never early, and at most a sixteenth and two timer calls late. */
const graceMs = timeoutMs / 16 + 2;
const oneDeadline = () => advance(timeoutMs + graceMs);

describe("F-02: a handler hangs at step k of n, for every k", () => {
  it.each(lists.map((modes) => ({ modes, what: modes.join(", ") })))("$what", async ({ modes }) => {
    verifies("dispatch:timeout", "dispatch:on-error-disable", "dispatch:merges-kept");
    const fault = { code: "handler_timeout", run: never as Run } as const;
    const ends = new EndCounter();
    for (const place of placesOf(modes)) await tryPlan({ ...place, fault }, ends, oneDeadline);
    ends.expectComplete();
    expect(ends.started).toBe(modes.length * 16);
    expect(referencedTimers()).toBe(0);
  });

  it.each(liveModes)(
    "in mode %s, the run ends at its deadline, neither before nor after",
    async (mode) => {
      for (let at = 0; at < 4; at += 1) {
        const modes = [mode, mode, mode, mode];
        const fault = { code: "handler_timeout", run: never as Run } as const;
        const plan = { modes, at, onError: "ignore", pace: "async", fault } as const;
        const manager = await manage(pluginsOf(plan));
        let endedAt: number | undefined;
        const startedAt = time();
        const running = invoke(manager).then((result) => {
          endedAt = time();
          return result;
        });
        const waits = mode !== "fire_and_forget";
        await advance(timeoutMs - 1);
        expect(endedAt).toBe(waits ? undefined : startedAt);
        await advance(1 + graceMs);
        expect(endedAt).toBeDefined();
        expectOutcome(plan, await running);
      }
    },
  );

  it.each(["sequential", "transform", "audit"] as const)(
    "in mode %s, all hang: the run ends within the sum of their deadlines",
    async (mode) => {
      const { waitedMs, statuses } = await allHang([mode, mode, mode, mode]);
      expect(waitedMs).toBeGreaterThanOrEqual(4 * timeoutMs);
      expect(waitedMs).toBeLessThanOrEqual(4 * (timeoutMs + graceMs));
      expect(statuses).toEqual(["timeout", "timeout", "timeout", "timeout"]);
    },
  );

  it("in mode concurrent, all hang: the run ends within one deadline", async () => {
    const { waitedMs, statuses } = await allHang(["concurrent", "concurrent", "concurrent"]);
    expect(waitedMs).toBeGreaterThanOrEqual(timeoutMs);
    expect(waitedMs).toBeLessThanOrEqual(timeoutMs + graceMs);
    expect(statuses).toEqual(["timeout", "timeout", "timeout"]);
  });

  async function allHang(modes: readonly LiveMode[]) {
    const gates: Deferred<void>[] = [];
    const hangs: Run = async () => {
      const gate = deferred();
      gates.push(gate);
      await gate.promise;
      throw new Error("late");
    };
    const plugins = modes.map(
      (_mode, at) =>
        pluginsOf({
          modes,
          at,
          onError: "ignore",
          pace: "async",
          fault: { code: "handler_timeout", run: hangs },
        })[at],
    );
    const manager = await manage(plugins as never);
    const startedAt = time();
    let waitedMs = 0;
    const running = invoke(manager).then((result) => {
      waitedMs = time() - startedAt;
      return result;
    });
    for (let i = 0; i < modes.length; i += 1) await oneDeadline();
    const { executions, errors } = await running;
    expect(errors.map(({ plugin }) => plugin)).toEqual(modes.map((_mode, at) => nameOf(at)));
    // Later results are dropped, and counted.
    const uncaught = await uncaughtDuring(async () => {
      for (const gate of gates) gate.resolve();
    });
    expect(uncaught).toEqual([]);
    expect(await manager.close()).toMatchObject({ drained: true, late: modes.length });
    expect(referencedTimers()).toBe(0);
    return { waitedMs, statuses: executions.map(({ status }) => status) };
  }
});
