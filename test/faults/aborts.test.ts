// A process of its own: it installs its own clock before the sources load.
// Only in test:all: it tries every moment at which a host can abort.
import "./virtual-time.ts";
import {
  adds,
  bytesOf,
  call,
  deferred,
  hook,
  labelled,
  labelsOf,
  type Manager,
  manage,
  plugin,
  type Result,
  uncaughtDuring,
} from "../dispatch/support.ts";
import { EndCounter, type LiveMode, lists, nameOf, timeoutMs } from "./plans.ts";
import "./end-of-loading.ts";
import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";
import { advance, referencedTimers } from "./virtual-time.ts";

const waits = 3;

/** Handlers that await several microtasks, then add their name. */
async function managerOf(modes: readonly LiveMode[]): Promise<Manager> {
  return manage(
    modes.map((mode, at) =>
      plugin(
        nameOf(at),
        async (payload, context, extensions) => {
          void context.signal;
          for (let i = 0; i < waits; i += 1) await undefined;
          return adds(nameOf(at))(payload, context, extensions);
        },
        { mode, timeoutMs, extensions: true },
      ),
    ),
    { maxInFlight: 1 },
  );
}

const pattern = {
  serial: /^(completed )*(cancelled )?(skipped )*$/,
  together: /^(completed |cancelled )*(skipped )*$/,
};

/** Invariants of any aborted run. */
function expectAborted(result: Result, modes: readonly LiveMode[]): void {
  const statuses = result.executions.map(({ status }) => status);
  const of = (test: (mode: LiveMode) => boolean) =>
    statuses.filter((_status, at) => test(modes[at] as LiveMode)).map((status) => `${status} `);
  const isSerial = (mode: LiveMode) => mode !== "concurrent" && mode !== "fire_and_forget";
  expect(result.violation).toEqual({
    code: "aborted",
    reason: "The host aborted the invocation.",
  });
  expect(of(isSerial).join("")).toMatch(pattern.serial);
  expect(of((mode) => mode === "concurrent").join("")).toMatch(pattern.together);
  expect(new Set(of((mode) => mode === "fire_and_forget"))).toEqual(
    new Set(modes.includes("fire_and_forget") ? ["skipped "] : []),
  );
  const merged = modes
    .map((mode, at) => ({ mode, at }))
    .filter(({ mode, at }) => statuses[at] === "completed" && mode !== "audit")
    .map(({ at }) => nameOf(at));
  expect(labelsOf(result)).toEqual(["PII", ...merged].sort());
  expect(result.errors).toEqual([]);
}

const unhalted = (modes: readonly LiveMode[]) =>
  modes.map((mode) => (mode === "fire_and_forget" ? "started" : "completed"));

describe("F-04: the host aborts at every await point", () => {
  it.each(lists.map((modes) => ({ modes, what: modes.join(", ") })))("$what", async ({ modes }) => {
    verifies("dispatch:abort", "dispatch:merges-kept", "dispatch:invoke");
    const ends = new EndCounter();
    const waiting = modes.filter((mode) => mode !== "fire_and_forget");
    let turns = 0;
    const outcomes = new Set<string>();
    const uncaught = await uncaughtDuring(async () => {
      // Until the run ends before the abort.
      for (let over = false; !over; turns += 1) {
        const manager = await managerOf(modes);
        const host = new AbortController();
        let settled = 0;
        const running = ends.count(
          manager.invoke(hook, call, { extensions: labelled("PII"), signal: host.signal }),
        );
        void running.then(() => {
          settled += 1;
        });
        for (let i = 0; i < turns; i += 1) await undefined;
        over = settled > 0;
        host.abort();
        const result = await running;
        const before = bytesOf(result);
        outcomes.add(result.executions.map(({ status }) => status).join());
        if (over) expect(result.violation).toBeUndefined();
        if (result.violation !== undefined) expectAborted(result, modes);
        else expect(result.executions.map(({ status }) => status)).toEqual(unhalted(modes));

        // Nothing is left behind, and late results change nothing.
        expect(getEventListeners(host.signal, "abort")).toEqual([]);
        await advance(2);
        expect(referencedTimers()).toBe(0);
        expect([settled, bytesOf(result)]).toEqual([1, before]);
        const cancelled = result.executions.filter(({ status }) => status === "cancelled").length;
        const next = await manager.invoke(hook, call);
        expect(next.executions.map(({ status }) => status)).toEqual(unhalted(modes));
        await advance(2);
        const { drained, late, background } = await manager.close();
        expect({ drained, late, pending: background.pending }).toEqual({
          drained: true,
          late: cancelled,
          pending: 0,
        });
      }
    });
    expect(uncaught).toEqual([]);
    ends.expectComplete();
    expect(ends.denied + ends.errored).toBe(0);
    // Each awaiting step was interrupted at least once.
    expect(ends.aborted > 0).toBe(waiting.length > 0);
    for (const [at] of waiting.entries()) {
      const cut = [...outcomes].filter((outcome) => outcome.split(",")[at] === "cancelled");
      expect([at, cut.length]).toEqual([at, expect.toSatisfy((count: number) => count > 0)]);
    }
  });

  it("at each step of a run that hangs, and at each of its deadlines", async () => {
    const modes: readonly LiveMode[] = ["sequential", "transform", "concurrent", "concurrent"];
    const ends = new EndCounter();
    for (let ms = 0; ms < 4 * timeoutMs; ms += 5) {
      const gate = deferred();
      const manager = await manage(
        modes.map((mode, at) =>
          plugin(nameOf(at), (_p, _c) => gate.promise, { mode, timeoutMs, onError: "ignore" }),
        ),
      );
      const host = new AbortController();
      const running = ends.count(manager.invoke(hook, call, { signal: host.signal }));
      await advance(ms);
      host.abort();
      const result = await running;
      expect(getEventListeners(host.signal, "abort")).toEqual([]);
      const statuses = result.executions.map(({ status }) => status).join(" ");
      expect(statuses).toMatch(/^(timeout )*(cancelled ?)*(skipped ?)*$|^(timeout ?){4}$/);
      expect(result.violation?.code).toBe(statuses.includes("cancelled") ? "aborted" : undefined);
      expect(referencedTimers()).toBe(0);
      gate.resolve();
      expect(await manager.close()).toMatchObject({ drained: true });
    }
    ends.expectComplete();
    expect(Math.min(ends.aborted, ends.allowed)).toBeGreaterThan(0);
  });
});
