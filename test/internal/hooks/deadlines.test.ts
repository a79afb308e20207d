// A process of its own: it installs its own clock before the sources load.
import process from "node:process";
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import {
  DeadlineQueue,
  type DeadlineWait,
  deadlineAfter,
} from "../../../src/core/hooks/deadlines.ts";

interface FakeTimer {
  readonly dueAt: number;
  readonly callback: () => void;
  referenced: boolean;
}

/** A timer as Node has them. */
class Handle {
  readonly #timer: FakeTimer;
  constructor(timer: FakeTimer) {
    this.#timer = timer;
  }
  ref() {
    this.#timer.referenced = true;
  }
  unref() {
    this.#timer.referenced = false;
  }
}

let host: ReturnType<typeof fakeHost>;

/** Loads the sources with the clock and timers of the test's host. */
async function loadWith(referable: boolean): Promise<typeof DeadlineQueue> {
  host = fakeHost({ referable });
  return (await loadOver((callback, ms) => host.setTimer(callback, ms))).DeadlineQueue;
}

async function loadOver(setTimer: (callback: () => void, ms: number) => unknown) {
  vi.resetModules();
  vi.stubGlobal("performance", { now: () => host.clock() });
  vi.stubGlobal("setTimeout", setTimer);
  vi.stubGlobal("clearTimeout", (handle: unknown) => host.clearTimer(handle));
  try {
    return await import("../../../src/core/hooks/deadlines.ts");
  } finally {
    vi.unstubAllGlobals();
  }
}

const WithHandles = await loadWith(true);
const WithNumbers = await loadWith(false);

/** A queue in a host of its own. */
function queueOf(timeoutMs: number, options: { referable?: boolean; earlyMs?: number } = {}) {
  host = fakeHost(options);
  return new (options.referable === false ? WithNumbers : WithHandles)(timeoutMs);
}

/**
 * A clock and timers that move only on request. Like Node's, timers count whole milliseconds
 * and may come early.
 */
function fakeHost({ referable = true, earlyMs = 0 }) {
  const timers = new Map<unknown, FakeTimer>();
  const delays: number[] = [];
  let now = 0;
  let lastId = 0;
  const counts = { clockReads: 0 };
  function advance(ms: number) {
    const until = now + ms;
    for (;;) {
      const next = [...timers].sort(([, a], [, b]) => a.dueAt - b.dueAt)[0];
      if (next === undefined || next[1].dueAt > until) break;
      // An early timer of 0 ms would stand still in time without this.
      now = Math.max(now, next[1].dueAt) + (earlyMs > 0 ? 0.25 : 0);
      timers.delete(next[0]);
      next[1].callback();
    }
    now = Math.max(now, until);
  }
  return {
    counts,
    delays,
    clock: () => {
      counts.clockReads += 1;
      return now;
    },
    setTimer: (callback: () => void, delayMs: number) => {
      delays.push(delayMs);
      lastId += 1;
      const wholeMs = Math.max(Math.trunc(delayMs), 1);
      const timer = { dueAt: now + Math.max(wholeMs - earlyMs, 0), callback, referenced: true };
      const handle = referable ? new Handle(timer) : lastId;
      timers.set(handle, timer);
      return handle;
    },
    clearTimer: (handle: unknown) => void timers.delete(handle),
    advance,
    /** Lets time pass while no timer can run. */
    block: (ms: number) => {
      now += ms;
    },
    now: () => now,
    timers: () => [...timers.values()],
    holdsProcess: () => [...timers.values()].some((timer) => timer.referenced),
  };
}

function waitOf(onDeadline: () => void): DeadlineWait {
  return { next: undefined, previous: undefined, dueAt: 0, onDeadline };
}

/** Returns whatever was thrown; `toThrow` would accept a thrown `undefined` for any error. */
function thrownBy(run: () => void): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return "nothing";
}

describe("when a deadline fires", () => {
  it.each([
    { timeoutMs: 1600, earlyMs: 0, graceMs: 100 },
    { timeoutMs: 1000, earlyMs: 0, graceMs: 64.5 },
    { timeoutMs: 1000, earlyMs: 5, graceMs: 70 },
  ])("is never early and at most a sixteenth late: %j", ({ timeoutMs, earlyMs, graceMs }) => {
    const queue = queueOf(timeoutMs, { earlyMs });
    const waits: number[] = [];
    for (let joined = 0; joined < 10_000; joined += 1) {
      const joinedAt = host.now();
      queue.join(waitOf(() => waits.push(host.now() - joinedAt)));
      host.advance(3.5);
    }
    host.advance(2000);
    expect(waits).toHaveLength(10_000);
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(timeoutMs);
    expect(Math.max(...waits)).toBeLessThanOrEqual(timeoutMs + graceMs);
  });

  it("ticks about sixteen times a timeout", () => {
    const queue = queueOf(1000);
    queue.join(waitOf(() => undefined));
    host.advance(2000);
    expect(host.delays.length).toBeLessThanOrEqual(18);
  });

  it("keeps waiting if the timer fires early", () => {
    const queue = queueOf(160, { earlyMs: 5 });
    let firedAt = 0;
    queue.join(
      waitOf(() => {
        firedAt = host.now();
      }),
    );
    host.advance(400);
    expect(firedAt).toBeGreaterThanOrEqual(160);
    expect(firedAt).toBeLessThan(180);
  });

  it.each([0.5, 1, 30_000, 2 ** 31 - 1])("works for a timeout of %d ms", (timeoutMs) => {
    const queue = queueOf(timeoutMs);
    let firedAt = 0;
    queue.join(
      waitOf(() => {
        firedAt = host.now();
      }),
    );
    host.advance(timeoutMs * 1.0625 + 2);
    expect(firedAt).toBeGreaterThanOrEqual(timeoutMs);
  });

  it("fires what expired while the thread was blocked, once and in the order of the joins", () => {
    const queue = queueOf(1000);
    const fired: number[] = [];
    for (let index = 0; index < 8; index += 1) {
      queue.join(waitOf(() => fired.push(index)));
      host.advance(100);
    }
    host.block(5000);
    host.advance(1);
    expect(fired).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    host.advance(10_000);
    expect(fired).toHaveLength(8);
  });

  it("counts a node from the end of the block in which it may have joined", () => {
    const queue = queueOf(1000);
    let firedAt = 0;
    host.block(4999);
    queue.join(waitOf(() => undefined));
    host.block(5000);
    queue.join(
      waitOf(() => {
        firedAt = host.now();
      }),
    );
    host.advance(999);
    expect(firedAt).toBe(0);
    host.advance(100);
    expect(firedAt).toBeGreaterThanOrEqual(10_999);
  });
});

describe("joining and leaving", () => {
  it("never fires a node that left, from the front, the middle or the end", () => {
    const queue = queueOf(160);
    const fired: number[] = [];
    const nodes = [0, 1, 2, 3, 4].map((index) => waitOf(() => fired.push(index)));
    for (const node of nodes) queue.join(node);
    for (const index of [2, 0, 4]) queue.leave(nodes[index]!);
    host.advance(200);
    expect(fired).toEqual([1, 3]);
  });

  it("ignores a node that is not waiting", () => {
    const queue = queueOf(160);
    let fired = 0;
    const node = waitOf(() => (fired += 1));
    queue.leave(node);
    queue.join(node);
    queue.leave(node);
    queue.leave(node);
    host.advance(200);
    queue.join(node);
    host.advance(200);
    queue.leave(node);
    expect(fired).toBe(1);
  });

  it("moves a node that joins again from the middle to the end, once", () => {
    const queue = queueOf(160);
    const fired: number[] = [];
    const nodes = [0, 1, 2].map((index) => waitOf(() => fired.push(index)));
    for (const index of [0, 1, 2, 1]) queue.join(nodes[index]!);
    host.advance(400);
    expect(fired).toEqual([0, 2, 1]);
  });

  it.each([true, false])(
    "keeps the timer while another node waits (%s: it can be unreferenced)",
    (referable) => {
      const queue = queueOf(160, { referable });
      const fired: string[] = [];
      const [goes, stays] = ["goes", "stays"].map((name) => waitOf(() => fired.push(name)));
      queue.join(goes!);
      queue.join(stays!);
      queue.leave(goes!);
      expect(host.holdsProcess()).toBe(true);
      host.advance(200);
      expect(fired).toEqual(["stays"]);
    },
  );

  it("restarts the deadline of a node that joins again", () => {
    const queue = queueOf(160);
    const firedAt: number[] = [];
    const other = waitOf(() => undefined);
    for (const alone of [true, false]) {
      const node = waitOf(() => firedAt.push(host.now()));
      const start = host.now();
      queue.join(node);
      if (!alone) queue.join(other);
      host.advance(150);
      queue.join(node);
      host.advance(159);
      expect(firedAt).toEqual([]);
      host.advance(20);
      expect(firedAt.pop()).toBeGreaterThanOrEqual(start + 310);
    }
  });

  it("starts a full new deadline for a node that joins from its own", () => {
    const queue = queueOf(160);
    const firedAt: number[] = [];
    const node = waitOf(() => {
      firedAt.push(host.now());
      if (firedAt.length < 3) queue.join(node);
    });
    queue.join(node);
    host.advance(1000);
    expect(firedAt).toHaveLength(3);
    expect(firedAt[1]! - firedAt[0]!).toBeGreaterThanOrEqual(160);
    expect(firedAt[2]! - firedAt[1]!).toBeGreaterThanOrEqual(160);
    expect(host.timers()).toEqual([]);
  });

  it("lets a deadline make others leave and join while they fire", () => {
    const queue = queueOf(160);
    const fired: string[] = [];
    const second = waitOf(() => fired.push("second"));
    const third = waitOf(() => fired.push("third"));
    const late = waitOf(() => fired.push("late"));
    queue.join(
      waitOf(() => {
        fired.push("first");
        queue.leave(second);
        queue.join(third);
        queue.join(late);
      }),
    );
    queue.join(second);
    queue.join(third);
    host.advance(170);
    expect(fired).toEqual(["first"]);
    host.advance(180);
    expect(fired).toEqual(["first", "third", "late"]);
  });

  it("keeps to one timer when a deadline empties the queue and joins again", () => {
    const queue = queueOf(160);
    const other = waitOf(() => undefined);
    queue.join(
      waitOf(() => {
        queue.leave(other);
        queue.join(other);
      }),
    );
    queue.join(other);
    host.advance(170);
    expect(host.timers()).toHaveLength(1);
  });

  it("fires the others at the next ticks when a deadline throws", () => {
    const queue = queueOf(160);
    const fired: number[] = [];
    for (let index = 0; index < 4; index += 1) {
      queue.join(
        waitOf(() => {
          fired.push(index);
          if (index % 2 === 0) throw new Error(`deadline ${index}`);
        }),
      );
    }
    host.advance(100);
    queue.join(waitOf(() => fired.push(4)));
    expect(thrownBy(() => host.advance(100))).toEqual(new Error("deadline 0"));
    expect(fired).toEqual([0]);
    expect(thrownBy(() => host.advance(10))).toEqual(new Error("deadline 2"));
    expect(fired).toEqual([0, 1, 2]);
    host.advance(200);
    expect(fired).toEqual([0, 1, 2, 3, 4]);
  });

  it("reads no clock and sets no timer while joins and leaves keep coming", () => {
    const queue = queueOf(1600);
    const node = waitOf(() => undefined);
    queue.join(waitOf(() => undefined));
    const counted = () => ({ ...host.counts, timers: host.delays.length });
    const before = counted();
    for (let round = 0; round < 1000; round += 1) {
      queue.join(node);
      queue.leave(node);
    }
    expect(counted()).toEqual(before);
  });

  it("keeps ten thousand nodes apart", () => {
    const queue = queueOf(1600);
    const fired: number[] = [];
    const nodes = Array.from({ length: 10_000 }, (_, index) => waitOf(() => fired.push(index)));
    nodes.forEach((node, index) => {
      queue.join(node);
      if (index % 10 === 0) host.advance(1);
    });
    nodes.forEach((node, index) => {
      if (index % 3 === 0) queue.leave(node);
    });
    host.advance(3000);
    const firedEarlier = fired.filter((index) => index % 3 === 0);
    const waited = fired.filter((index) => index % 3 !== 0);
    expect(firedEarlier.length).toBeLessThan(10);
    expect(waited).toEqual(nodes.map((_, index) => index).filter((index) => index % 3 !== 0));
  });
});

describe("the timer", () => {
  it("is unreferenced when the last node leaves, kept, and referenced again by the next", () => {
    const queue = queueOf(1600);
    const node = waitOf(() => undefined);
    queue.join(node);
    expect(host.holdsProcess()).toBe(true);
    queue.leave(node);
    expect(host.holdsProcess()).toBe(false);
    queue.join(node);
    expect(host.holdsProcess()).toBe(true);
    expect(host.delays.length).toBe(1);
    queue.leave(node);
    host.advance(100);
    expect(host.timers()).toEqual([]);
  });

  it("is cleared if it cannot be unreferenced", () => {
    const queue = queueOf(1600, { referable: false });
    let fired = 0;
    const node = waitOf(() => (fired += 1));
    queue.join(node);
    queue.leave(node);
    expect(host.timers()).toEqual([]);
    queue.join(node);
    expect(host.timers()).toHaveLength(1);
    host.advance(1700);
    expect(fired).toBe(1);
    expect(host.timers()).toEqual([]);
  });

  it("is set for at least one whole millisecond, even after a deadline that blocks", () => {
    const queue = queueOf(100);
    let fired = 0;
    for (let index = 0; index < 3; index += 1) {
      queue.join(
        waitOf(() => {
          fired += 1;
          host.block(500);
        }),
      );
      host.advance(20);
    }
    host.advance(2000);
    expect(fired).toBe(3);
    expect(host.delays.filter((delayMs) => delayMs < 1 || !Number.isInteger(delayMs))).toEqual([]);
  });

  it("is referenced and unreferenced by the methods that the runtime had at load", () => {
    const idle = setTimeout(() => undefined, 1);
    clearTimeout(idle);
    const timers: { ref: unknown; unref: unknown } = Object.getPrototypeOf(idle);
    const { ref, unref } = timers;
    const patched = vi.fn();
    const activeTimers = () =>
      process.getActiveResourcesInfo().filter((what) => what === "Timeout").length;
    const queue = new DeadlineQueue(60_000);
    const node = waitOf(() => undefined);
    const seen = [activeTimers()];
    Object.assign(timers, { ref: patched, unref: patched });
    try {
      for (let i = 0; i < 2; i += 1) {
        queue.join(node);
        seen.push(activeTimers());
        queue.leave(node);
        seen.push(activeTimers());
      }
    } finally {
      Object.assign(timers, { ref, unref });
    }
    const [before = 0] = seen;
    expect(seen).toEqual([before, before + 1, before, before + 1, before]);
    expect(patched).not.toHaveBeenCalled();
  });
});

describe("with the globals replaced after load", () => {
  it("still fires", async () => {
    const queue = new DeadlineQueue(4);
    const stopped = vi.fn(() => 0);
    for (const name of ["setTimeout", "clearTimeout"]) vi.stubGlobal(name, stopped);
    vi.spyOn(performance, "now").mockImplementation(stopped);
    vi.spyOn(Date, "now").mockImplementation(stopped);
    vi.spyOn(Math, "ceil").mockImplementation(stopped);
    try {
      await new Promise<void>((resolve) => queue.join(waitOf(resolve)));
      await new Promise<void>((resolve) => new DeadlineQueue(4).join(waitOf(resolve)));
    } finally {
      vi.unstubAllGlobals();
      vi.restoreAllMocks();
    }
  });

  it("still fires under fake timers", async () => {
    vi.useFakeTimers();
    try {
      await new Promise<void>((resolve) => new DeadlineQueue(4).join(waitOf(resolve)));
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("where timers end with the request that set them", () => {
  it("gives each wait a timer of its own", async () => {
    host = fakeHost({ referable: false });
    let isInRequest = false;
    const { deadlineAfter: after } = await loadOver((callback, ms) => {
      if (!isInRequest) throw new Error("Disallowed operation called within global scope.");
      return host.setTimer(callback, ms);
    });
    isInRequest = true;
    const deadline = after(100);
    const expired: string[] = [];
    const [first, second] = ["first", "second"].map((name) => waitOf(() => expired.push(name)));
    deadline.join(first!);
    host.advance(50);
    deadline.join(second!);
    expect(host.timers()).toHaveLength(2);
    // The first request ends, and its timers with it.
    deadline.leave(first!);
    expect(host.timers()).toHaveLength(1);
    host.advance(100);
    expect(expired).toEqual(["second"]);
    deadline.join(first!);
    deadline.join(first!);
    host.advance(100);
    expect(expired).toEqual(["second", "first"]);
    expect(host.timers()).toEqual([]);
  });

  it("shares one everywhere else", () => {
    expect(deadlineAfter(100)).toBeInstanceOf(DeadlineQueue);
  });
});

describe("against a model that knows the time of every join", () => {
  const NODES = 6;
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.record({ join: fc.nat(NODES - 1) }) },
    { weight: 2, arbitrary: fc.record({ leave: fc.nat(NODES - 1) }) },
    { weight: 4, arbitrary: fc.record({ advance: fc.nat(120) }) },
    { weight: 1, arbitrary: fc.record({ block: fc.nat(900) }) },
  );

  it("fires each wait once, in order, in its window, and keeps the process alive only for waits", () => {
    const scenario = {
      steps: fc.array(step, { maxLength: 80 }),
      timeoutMs: fc.integer({ min: 1, max: 400 }),
      referable: fc.boolean(),
      earlyMs: fc.constantFrom(0, 1, 3),
      rejoins: fc.boolean(),
    };
    fc.assert(
      fc.property(fc.record(scenario), ({ steps, timeoutMs, referable, earlyMs, rejoins }) => {
        const queue = queueOf(timeoutMs, { referable, earlyMs });
        // Rounds two timer calls and the due time to whole milliseconds; more if timers are early.
        const graceMs = timeoutMs / 16 + 3 + (earlyMs > 0 ? 4 + 2 * earlyMs : 0);
        // A Map keeps the order of the joins. A wait remembers how long it was blocked.
        const waiting = new Map<number, { joinedAt: number; blockedMs: number }>();
        const nodes = Array.from({ length: NODES }, (_, index) =>
          waitOf(() => {
            const wait = waiting.get(index);
            expect(wait, "a node that waits").toBeDefined();
            expect([...waiting.keys()][0], "the oldest wait").toBe(index);
            const waitedMs = host.now() - wait!.joinedAt;
            expect(waitedMs).toBeGreaterThanOrEqual(timeoutMs);
            expect(waitedMs).toBeLessThanOrEqual(timeoutMs + graceMs + wait!.blockedMs);
            waiting.delete(index);
            if (rejoins && index === 0) join(index);
          }),
        );
        function join(index: number) {
          waiting.delete(index);
          waiting.set(index, { joinedAt: host.now(), blockedMs: 0 });
          queue.join(nodes[index]!);
        }
        for (const action of steps) {
          if ("join" in action) {
            join(action.join);
          } else if ("leave" in action) {
            waiting.delete(action.leave);
            queue.leave(nodes[action.leave]!);
          } else if ("advance" in action) {
            host.advance(action.advance);
          } else {
            for (const wait of waiting.values()) wait.blockedMs += action.block;
            host.block(action.block);
          }
          expect(host.holdsProcess()).toBe(waiting.size > 0);
          expect(host.timers().length).toBeLessThanOrEqual(1);
          for (const { joinedAt, blockedMs } of waiting.values()) {
            expect(host.now() - joinedAt).toBeLessThanOrEqual(timeoutMs + graceMs + blockedMs);
          }
        }
        if (rejoins) queue.leave(nodes[0]!);
        if (rejoins) waiting.delete(0);
        host.advance(timeoutMs + graceMs + 1);
        expect(waiting.size).toBe(0);
        expect(host.timers()).toEqual([]);
      }),
    );
  });
});
