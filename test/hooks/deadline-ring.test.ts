// A process of its own: it has a clock of its own in place before the sources load.
import process from "node:process";
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import {
  createDeadlineRing,
  type DeadlineNode,
  type DeadlineRingOptions,
} from "../../src/core/hooks/deadline-ring.ts";

interface FakeTimer {
  readonly dueAt: number;
  readonly callback: () => void;
  referenced: boolean;
}

/**
 * A clock and timers that move only when told to. Like Node's, timers count whole milliseconds
 * and may come early.
 */
function fakeHost({ referable = true, earlyMs = 0 } = {}) {
  const timers = new Map<unknown, FakeTimer>();
  let now = 0;
  let lastId = 0;
  const counts = { clockReads: 0, timersSet: 0 };
  const options: DeadlineRingOptions = {
    clock: () => {
      counts.clockReads += 1;
      return now;
    },
    setTimer: (callback, delayMs) => {
      counts.timersSet += 1;
      lastId += 1;
      const wholeMs = Math.max(Math.trunc(delayMs), 1);
      const timer = { dueAt: now + Math.max(wholeMs - earlyMs, 0), callback, referenced: true };
      const handle = referable
        ? { ref: () => setReferenced(timer, true), unref: () => setReferenced(timer, false) }
        : lastId;
      timers.set(handle, timer);
      return handle;
    },
    clearTimer: (handle) => {
      timers.delete(handle);
    },
  };
  function setReferenced(timer: FakeTimer, referenced: boolean) {
    timer.referenced = referenced;
  }
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
    options,
    counts,
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

function nodeOf(onDeadline: () => void): DeadlineNode {
  return {
    deadlineNext: undefined,
    deadlinePrevious: undefined,
    deadlineBucket: 0,
    onDeadline,
  };
}

/** Whatever it is: `toThrow` takes a thrown `undefined` for any error. */
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
    const host = fakeHost({ earlyMs });
    const ring = createDeadlineRing(timeoutMs, host.options);
    const waits: number[] = [];
    for (let joined = 0; joined < 10_000; joined += 1) {
      const joinedAt = host.now();
      ring.join(nodeOf(() => waits.push(host.now() - joinedAt)));
      host.advance(3.5);
    }
    host.advance(2000);
    expect(waits).toHaveLength(10_000);
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(timeoutMs);
    expect(Math.max(...waits)).toBeLessThanOrEqual(timeoutMs + graceMs);
  });

  it("ticks about sixteen times a timeout", () => {
    const host = fakeHost();
    const ring = createDeadlineRing(1000, host.options);
    ring.join(nodeOf(() => undefined));
    host.advance(2000);
    expect(host.counts.timersSet).toBeLessThanOrEqual(18);
  });

  it("waits on when the timer comes early", () => {
    const host = fakeHost({ earlyMs: 5 });
    const ring = createDeadlineRing(160, host.options);
    let firedAt = 0;
    ring.join(
      nodeOf(() => {
        firedAt = host.now();
      }),
    );
    host.advance(400);
    expect(firedAt).toBeGreaterThanOrEqual(160);
    expect(firedAt).toBeLessThan(180);
  });

  it.each([0.5, 1, 30_000, 2 ** 31 - 1])("holds for a timeout of %d ms", (timeoutMs) => {
    const host = fakeHost();
    const ring = createDeadlineRing(timeoutMs, host.options);
    let firedAt = 0;
    ring.join(
      nodeOf(() => {
        firedAt = host.now();
      }),
    );
    host.advance(timeoutMs * 1.0625 + 2);
    expect(firedAt).toBeGreaterThanOrEqual(timeoutMs);
  });

  it.each([0, -1, Number.NaN, 2 ** 31, Number.POSITIVE_INFINITY])(
    "refuses a timeout of %d ms",
    (timeoutMs) => {
      const message = `A timeout is above 0 and at most 2^31 - 1 ms, not ${timeoutMs}.`;
      expect(() => createDeadlineRing(timeoutMs)).toThrow(new RangeError(message));
    },
  );

  it("fires what expired while the thread was blocked, once and in the order of the joins", () => {
    const host = fakeHost();
    const ring = createDeadlineRing(1000, host.options);
    const fired: number[] = [];
    for (let index = 0; index < 8; index += 1) {
      ring.join(nodeOf(() => fired.push(index)));
      host.advance(100);
    }
    host.block(5000);
    host.advance(1);
    expect(fired).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    host.advance(10_000);
    expect(fired).toHaveLength(8);
  });

  it("counts a node from the end of the block in which it may have joined", () => {
    const host = fakeHost();
    const ring = createDeadlineRing(1000, host.options);
    let firedAt = 0;
    host.block(4999);
    ring.join(nodeOf(() => undefined));
    host.block(5000);
    ring.join(
      nodeOf(() => {
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
    const host = fakeHost();
    const ring = createDeadlineRing(160, host.options);
    const fired: number[] = [];
    const nodes = [0, 1, 2, 3, 4].map((index) => nodeOf(() => fired.push(index)));
    for (const node of nodes) ring.join(node);
    for (const index of [2, 0, 4]) ring.leave(nodes[index]!);
    host.advance(200);
    expect(fired).toEqual([1, 3]);
  });

  it("ignores a node that is not waiting", () => {
    const host = fakeHost();
    const ring = createDeadlineRing(160, host.options);
    let fired = 0;
    const node = nodeOf(() => (fired += 1));
    ring.leave(node);
    ring.join(node);
    ring.leave(node);
    ring.leave(node);
    host.advance(200);
    ring.join(node);
    host.advance(200);
    ring.leave(node);
    expect(fired).toBe(1);
  });

  it("takes a node that joins again from the middle to the end, once", () => {
    const host = fakeHost();
    const ring = createDeadlineRing(160, host.options);
    const fired: number[] = [];
    const nodes = [0, 1, 2].map((index) => nodeOf(() => fired.push(index)));
    for (const index of [0, 1, 2, 1]) ring.join(nodes[index]!);
    host.advance(400);
    expect(fired).toEqual([0, 2, 1]);
  });

  it.each([true, false])(
    "keeps the timer while another node waits (%s: it can be let go)",
    (referable) => {
      const host = fakeHost({ referable });
      const ring = createDeadlineRing(160, host.options);
      const fired: string[] = [];
      const [goes, stays] = ["goes", "stays"].map((name) => nodeOf(() => fired.push(name)));
      ring.join(goes!);
      ring.join(stays!);
      ring.leave(goes!);
      expect(host.holdsProcess()).toBe(true);
      host.advance(200);
      expect(fired).toEqual(["stays"]);
    },
  );

  it("restarts the deadline of a node that joins again", () => {
    const host = fakeHost();
    const ring = createDeadlineRing(160, host.options);
    const firedAt: number[] = [];
    const other = nodeOf(() => undefined);
    for (const alone of [true, false]) {
      const node = nodeOf(() => firedAt.push(host.now()));
      const start = host.now();
      ring.join(node);
      if (!alone) ring.join(other);
      host.advance(150);
      ring.join(node);
      host.advance(159);
      expect(firedAt).toEqual([]);
      host.advance(20);
      expect(firedAt.pop()).toBeGreaterThanOrEqual(start + 310);
    }
  });

  it("gives a node that joins from its own deadline a whole new one", () => {
    const host = fakeHost();
    const ring = createDeadlineRing(160, host.options);
    const firedAt: number[] = [];
    const node = nodeOf(() => {
      firedAt.push(host.now());
      if (firedAt.length < 3) ring.join(node);
    });
    ring.join(node);
    host.advance(1000);
    expect(firedAt).toHaveLength(3);
    expect(firedAt[1]! - firedAt[0]!).toBeGreaterThanOrEqual(160);
    expect(firedAt[2]! - firedAt[1]!).toBeGreaterThanOrEqual(160);
    expect(host.timers()).toEqual([]);
  });

  it("lets a deadline make others leave and join while they fire", () => {
    const host = fakeHost();
    const ring = createDeadlineRing(160, host.options);
    const fired: string[] = [];
    const second = nodeOf(() => fired.push("second"));
    const third = nodeOf(() => fired.push("third"));
    const late = nodeOf(() => fired.push("late"));
    ring.join(
      nodeOf(() => {
        fired.push("first");
        ring.leave(second);
        ring.join(third);
        ring.join(late);
      }),
    );
    ring.join(second);
    ring.join(third);
    host.advance(170);
    expect(fired).toEqual(["first"]);
    host.advance(180);
    expect(fired).toEqual(["first", "third", "late"]);
  });

  it("keeps to one timer when a deadline empties the ring and joins again", () => {
    const host = fakeHost();
    const ring = createDeadlineRing(160, host.options);
    const other = nodeOf(() => undefined);
    ring.join(
      nodeOf(() => {
        ring.leave(other);
        ring.join(other);
      }),
    );
    ring.join(other);
    host.advance(170);
    expect(host.timers()).toHaveLength(1);
  });

  it("fires the others when a deadline throws, then lets the first error out", () => {
    const host = fakeHost();
    const ring = createDeadlineRing(160, host.options);
    const fired: number[] = [];
    for (let index = 0; index < 4; index += 1) {
      ring.join(
        nodeOf(() => {
          fired.push(index);
          if (index % 2 === 0) throw new Error(`deadline ${index}`);
        }),
      );
    }
    host.advance(100);
    ring.join(nodeOf(() => fired.push(4)));
    expect(thrownBy(() => host.advance(100))).toEqual(new Error("deadline 0"));
    expect(fired).toEqual([0, 1, 2, 3]);
    host.advance(200);
    expect(fired).toEqual([0, 1, 2, 3, 4]);
  });

  it("reads no clock and sets no timer while joins and leaves keep coming", () => {
    const host = fakeHost();
    const ring = createDeadlineRing(1600, host.options);
    const node = nodeOf(() => undefined);
    ring.join(nodeOf(() => undefined));
    const before = { ...host.counts };
    for (let round = 0; round < 1000; round += 1) {
      ring.join(node);
      ring.leave(node);
    }
    expect(host.counts).toEqual(before);
  });

  it("keeps ten thousand nodes apart", () => {
    const host = fakeHost();
    const ring = createDeadlineRing(1600, host.options);
    const fired: number[] = [];
    const nodes = Array.from({ length: 10_000 }, (_, index) => nodeOf(() => fired.push(index)));
    nodes.forEach((node, index) => {
      ring.join(node);
      if (index % 10 === 0) host.advance(1);
    });
    nodes.forEach((node, index) => {
      if (index % 3 === 0) ring.leave(node);
    });
    host.advance(3000);
    const firedEarlier = fired.filter((index) => index % 3 === 0);
    const waited = fired.filter((index) => index % 3 !== 0);
    expect(firedEarlier.length).toBeLessThan(10);
    expect(waited).toEqual(nodes.map((_, index) => index).filter((index) => index % 3 !== 0));
  });
});

describe("the timer", () => {
  it("is let go when the last node leaves, kept, and held again by the next", () => {
    const host = fakeHost();
    const ring = createDeadlineRing(1600, host.options);
    const node = nodeOf(() => undefined);
    ring.join(node);
    expect(host.holdsProcess()).toBe(true);
    ring.leave(node);
    expect(host.holdsProcess()).toBe(false);
    ring.join(node);
    expect(host.holdsProcess()).toBe(true);
    expect(host.counts.timersSet).toBe(1);
    ring.leave(node);
    host.advance(100);
    expect(host.timers()).toEqual([]);
  });

  it("is cleared where it cannot be let go", () => {
    const host = fakeHost({ referable: false });
    const ring = createDeadlineRing(1600, host.options);
    let fired = 0;
    const node = nodeOf(() => (fired += 1));
    ring.join(node);
    ring.leave(node);
    expect(host.timers()).toEqual([]);
    ring.join(node);
    expect(host.timers()).toHaveLength(1);
    host.advance(1700);
    expect(fired).toBe(1);
    expect(host.timers()).toEqual([]);
  });

  it.each<readonly [string, unknown]>([
    ["a number", 7],
    ["a text", "timer"],
    ["null", null],
    ["undefined", undefined],
    ["an object", {}],
    ["an object with ref alone", { ref: () => undefined }],
    ["an object with unref alone", { unref: () => undefined }],
    ["an object whose ref and unref are no methods", { ref: 1, unref: 2 }],
  ])("is cleared where its handle is %s, whatever prototypes are patched with", (_what, handle) => {
    const cleared: unknown[] = [];
    const patch = { ref: vi.fn(), unref: vi.fn() };
    const patched = [Number.prototype, String.prototype];
    const ring = createDeadlineRing(1600, {
      clock: () => 0,
      setTimer: () => handle,
      clearTimer: (each) => cleared.push(each),
    });
    const node = nodeOf(() => undefined);
    for (const prototype of patched) Object.assign(prototype, patch);
    try {
      for (let i = 0; i < 2; i += 1) {
        ring.join(node);
        ring.leave(node);
      }
    } finally {
      for (const prototype of patched) {
        for (const name of Object.keys(patch)) Reflect.deleteProperty(prototype, name);
      }
    }
    expect(cleared).toEqual([handle, handle]);
    expect(patch.ref).not.toHaveBeenCalled();
    expect(patch.unref).not.toHaveBeenCalled();
  });

  it("is asked for whole milliseconds, one at least, also after a deadline that blocks", () => {
    const host = fakeHost();
    const delays: number[] = [];
    const ring = createDeadlineRing(100, {
      ...host.options,
      setTimer: (callback, delayMs) => {
        delays.push(delayMs);
        return host.options.setTimer?.(callback, delayMs);
      },
    });
    let fired = 0;
    for (let index = 0; index < 3; index += 1) {
      ring.join(
        nodeOf(() => {
          fired += 1;
          host.block(500);
        }),
      );
      host.advance(20);
    }
    host.advance(2000);
    expect(fired).toBe(3);
    expect(delays.filter((delayMs) => delayMs < 1 || !Number.isInteger(delayMs))).toEqual([]);
  });

  it("is held and let go by the methods that the runtime had at load", () => {
    const idle = setTimeout(() => undefined, 1);
    clearTimeout(idle);
    const timers: { ref: unknown; unref: unknown } = Object.getPrototypeOf(idle);
    const { ref, unref } = timers;
    const patched = vi.fn();
    const cleared = vi.fn();
    const held = () => process.getActiveResourcesInfo().filter((what) => what === "Timeout").length;
    const ring = createDeadlineRing(60_000, { clearTimer: cleared });
    const node = nodeOf(() => undefined);
    const seen = [held()];
    Object.assign(timers, { ref: patched, unref: patched });
    try {
      for (let i = 0; i < 2; i += 1) {
        ring.join(node);
        seen.push(held());
        ring.leave(node);
        seen.push(held());
      }
    } finally {
      Object.assign(timers, { ref, unref });
    }
    const [before = 0] = seen;
    expect(seen).toEqual([before, before + 1, before, before + 1, before]);
    expect(patched).not.toHaveBeenCalled();
    expect(cleared).not.toHaveBeenCalled();
  });

  it("holds a Node process only while something waits", () => {
    const handles: NodeJS.Timeout[] = [];
    const ring = createDeadlineRing(60_000, {
      setTimer: (callback, delayMs) => {
        const handle = setTimeout(callback, delayMs);
        handles.push(handle);
        return handle;
      },
    });
    const node = nodeOf(() => undefined);
    ring.join(node);
    expect(handles.map((handle) => handle.hasRef())).toEqual([true]);
    ring.leave(node);
    expect(handles.map((handle) => handle.hasRef())).toEqual([false]);
    clearTimeout(handles[0]);
  });
});

describe("with the globals replaced after load", () => {
  it("still fires", async () => {
    const ring = createDeadlineRing(4);
    const stopped = vi.fn(() => 0);
    for (const name of ["setTimeout", "clearTimeout", "Float64Array"]) vi.stubGlobal(name, stopped);
    vi.spyOn(performance, "now").mockImplementation(stopped);
    vi.spyOn(Date, "now").mockImplementation(stopped);
    vi.spyOn(Math, "ceil").mockImplementation(stopped);
    try {
      await new Promise<void>((resolve) => ring.join(nodeOf(resolve)));
      await new Promise<void>((resolve) => createDeadlineRing(4).join(nodeOf(resolve)));
    } finally {
      vi.unstubAllGlobals();
      vi.restoreAllMocks();
    }
  });

  it("still fires under fake timers", async () => {
    vi.useFakeTimers();
    try {
      await new Promise<void>((resolve) => createDeadlineRing(4).join(nodeOf(resolve)));
    } finally {
      vi.useRealTimers();
    }
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

  it("fires each wait once, in order, in its window, and holds the process only for waits", () => {
    const scenario = {
      steps: fc.array(step, { maxLength: 80 }),
      timeoutMs: fc.integer({ min: 1, max: 400 }),
      referable: fc.boolean(),
      earlyMs: fc.constantFrom(0, 1, 3),
      rejoins: fc.boolean(),
    };
    fc.assert(
      fc.property(fc.record(scenario), ({ steps, timeoutMs, referable, earlyMs, rejoins }) => {
        const host = fakeHost({ referable, earlyMs });
        const ring = createDeadlineRing(timeoutMs, host.options);
        // Whole milliseconds for each of two timer calls, and some more for early ones.
        const graceMs = timeoutMs / 16 + 2 + (earlyMs > 0 ? 4 + 2 * earlyMs : 0);
        // A Map keeps the order of the joins. A wait remembers how long it was blocked.
        const waiting = new Map<number, { joinedAt: number; blockedMs: number }>();
        const nodes = Array.from({ length: NODES }, (_, index) =>
          nodeOf(() => {
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
          ring.join(nodes[index]!);
        }
        for (const action of steps) {
          if ("join" in action) {
            join(action.join);
          } else if ("leave" in action) {
            waiting.delete(action.leave);
            ring.leave(nodes[action.leave]!);
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
        if (rejoins) ring.leave(nodes[0]!);
        if (rejoins) waiting.delete(0);
        host.advance(timeoutMs + graceMs + 1);
        expect(waiting.size).toBe(0);
        expect(host.timers()).toEqual([]);
      }),
    );
  });
});
