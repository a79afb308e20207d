/** Waiting for one handler: how the wait ends, and what is reported of late results. */
import { describe, expect, it } from "vitest";
import type { HandlerStep, LateCounters } from "../../../src/core/hooks/dispatch/types.ts";
import { type LatePolicy, settle, timedOut, Wait } from "../../../src/core/hooks/dispatch/wait.ts";
import { deferred, never, rest, uncaughtDuring } from "../../dispatch/support.ts";

const step = {} as HandlerStep;

function counting() {
  const rejections: unknown[] = [];
  const lateCounters: LateCounters = {
    late: 0,
    rejected: (...given) => void rejections.push(given),
  };
  return { lateCounters, rejections };
}

describe("a wait under the signal of a host", () => {
  it("ends with the awaited value if the host has not aborted", async () => {
    const { signal } = new AbortController();
    const ended = await settle(Promise.resolve(5), undefined, undefined, signal);
    expect({ ...ended }).toEqual({ how: "returned", value: 5 });
    const thrown = await settle(Promise.reject("x"), undefined, undefined, signal);
    expect({ ...thrown }).toEqual({ how: "threw", value: "x" });
  });

  it("ends when the host aborts", async () => {
    const host = new AbortController();
    const waiting = settle(never(), undefined, undefined, host.signal);
    host.abort();
    expect({ ...(await waiting) }).toEqual({ how: "aborted", value: undefined });
  });

  it("ends at once if the host has aborted before", async () => {
    const waiting = settle(never(), undefined, undefined, AbortSignal.abort());
    const ended = await Promise.race([waiting, rest()]);
    expect({ ...ended }).toEqual({ how: "aborted", value: undefined });
  });
});

describe("what settles after an abort", () => {
  /** Waits, aborts, and lets `end` settle what was waited for. */
  async function afterAbort(latePolicy: LatePolicy | undefined, end: "resolve" | "reject") {
    const host = new AbortController();
    const gate = deferred<unknown>();
    const waiting = settle(gate.promise, undefined, latePolicy, host.signal);
    host.abort();
    await waiting;
    return uncaughtDuring(async () => gate[end](new Error("late")));
  }

  it.each(["resolve", "reject"] as const)("is late only if late results count: %s", async (end) => {
    for (const counts of [true, false]) {
      const { lateCounters, rejections } = counting();
      expect(await afterAbort({ lateCounters, step, counts }, end)).toEqual([]);
      expect([lateCounters.late, rejections]).toEqual([counts ? 1 : 0, []]);
    }
  });

  it.each(["resolve", "reject"] as const)(
    "causes no unhandled rejection without counters: %s",
    async (end) => {
      expect(await afterAbort(undefined, end)).toEqual([]);
    },
  );
});

describe("a wait that was dropped", () => {
  const dropped = (latePolicy: LatePolicy | undefined) => {
    const wait = new Wait("somebody", {
      settled: () => expect.unreachable("nobody waits"),
      expired: () => expect.unreachable("nobody waits"),
    });
    wait.drop(latePolicy);
    return wait;
  };

  it("counts late results, and reports rejections after a deadline", () => {
    const { lateCounters, rejections } = counting();
    const wait = dropped({ lateCounters, counts: true, step });
    wait.settled(false, 1);
    expect([lateCounters.late, rejections]).toEqual([1, []]);
    wait.settled(true, "x");
    expect([lateCounters.late, rejections]).toEqual([2, [[step, "x"]]]);
    dropped({ lateCounters, counts: false, step: undefined }).settled(true, "x");
    expect([lateCounters.late, rejections]).toEqual([2, [[step, "x"]]]);
  });

  it("reports nothing without counters", () => {
    expect(() => dropped(undefined).settled(true, "x")).not.toThrow();
  });

  it("no longer has a deadline", () => {
    expect(() => dropped(undefined).onDeadline()).not.toThrow();
  });
});

it("the error at a deadline is frozen, and has no prototype", () => {
  expect(Object.getPrototypeOf(timedOut)).toBeNull();
  expect(Object.isFrozen(timedOut)).toBe(true);
  expect({ ...timedOut }).toEqual({ timedOut: true });
});
