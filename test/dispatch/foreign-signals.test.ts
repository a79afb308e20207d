/** Signals that the runtime did not create: they break, or report less than they should. */
import { deny } from "glassine";
import { describe, expect, it } from "vitest";
import {
  aborted,
  adds,
  call,
  type Deferred,
  deferred,
  hook,
  labelsOf,
  later,
  manage,
  never,
  plugin,
  type Run,
  rest,
  statusesOf,
  tagger,
  uncaughtDuring,
} from "./support.ts";

interface Foreign {
  readonly signal: AbortSignal;
  /** Calls the listeners, but does not change what `aborted` returns. */
  readonly abort: () => void;
}

/** A signal whose `aborted` is answered by `look`, which receives the number of the read. */
function foreign(look: (at: number) => boolean = () => false): Foreign {
  const listeners = new Set<() => void>();
  let looks = 0;
  const signal = {
    get aborted() {
      looks += 1;
      return look(looks);
    },
    addEventListener: (_type: string, listener: () => void) => listeners.add(listener),
    removeEventListener: (_type: string, listener: () => void) => listeners.delete(listener),
  };
  return {
    signal: signal as never,
    abort: () => {
      for (const listener of listeners) listener();
    },
  };
}

it("a signal that keeps its listeners and notifies them again changes nothing that has ended", async () => {
  const listeners: (() => void)[] = [];
  const signal = {
    aborted: false,
    addEventListener: (_type: string, listener: () => void) => listeners.push(listener),
    removeEventListener: () => undefined,
  };
  const denies = plugin("denies", async (_p, _c) => deny("no"));
  const manager = await manage([denies, tagger("after")]);
  const result = await manager.invoke(hook, call, { signal: signal as never });
  const before = JSON.stringify(result);
  expect(listeners).toHaveLength(1);
  for (const listener of listeners) expect(listener).not.toThrow();
  expect(JSON.stringify(result)).toBe(before);
  expect(result.violation?.code).toBe("denied");
  expect(await manager.close()).toMatchObject({ drained: true, late: 0 });
});

it("a signal that reports its abort while a listener is added ends the run once", async () => {
  const signal = {
    aborted: false,
    addEventListener: (_type: string, listener: () => void) => {
      signal.aborted = true;
      listener();
    },
    removeEventListener: () => undefined,
  };
  const manager = await manage([plugin("hangs", (_p, _c) => never()), tagger("after")]);
  const result = await manager.invoke(hook, call, { signal: signal as never });
  expect(result.violation).toEqual(aborted);
  expect(statusesOf(result)).toEqual(["cancelled", "skipped"]);
  expect(result.errors).toEqual([]);
});

describe("a signal that breaks", () => {
  const noStack = new RangeError("no stack");
  const breaking = (last: number) =>
    foreign((at) => {
      if (at > last) throw noStack;
      return false;
    }).signal;
  const reason = `The run of ${hook} could not continue.`;
  const over = { status: "skipped", reason: "The run had already been halted." };

  const atOnce = [tagger("one"), tagger("two"), tagger("beside", { mode: "concurrent" })];
  const waits = plugin("one", async (...given) => adds("one")(...given), { extensions: true });
  const hangs = plugin("one", (_p, _c) => never(), { timeoutMs: 5, onError: "ignore" });
  it.each([
    ["before a run starts", atOnce, 0, "one", []],
    ["before the first handler", atOnce, 1, "one", []],
    ["before the second", atOnce, 2, "two", ["one"]],
    ["before those beside each other", atOnce, 3, undefined, ["one", "two"]],
    ["as these start", atOnce, 4, undefined, ["one", "two"]],
    ["after a wait", [waits, ...atOnce.slice(1)], 3, "two", ["one"]],
    ["after a deadline", [hangs, ...atOnce.slice(1)], 3, "two", []],
  ])("%s ends the run as a failure", async (_when, plugins, last, failing, labels) => {
    const reported: unknown[] = [];
    const manager = await manage([...plugins, tagger("behind", { mode: "fire_and_forget" })], {
      maxInFlight: 1,
      onHandlerError: (thrown, at) => void reported.push(thrown, at),
    });
    const result = await manager.invoke(hook, call, { signal: breaking(last) });
    const code = "handler_error";
    const by = failing === undefined ? {} : { plugin: failing };
    expect(result.violation).toEqual({ ...by, code, reason });
    expect(Object.isFrozen(result.violation)).toBe(true);
    expect(labelsOf(result)).toEqual(labels);
    const errors = result.errors.filter(({ plugin: name }) => name === failing);
    expect(errors).toEqual(failing === undefined ? [] : [{ ...by, hook, code, message: reason }]);
    const at = { plugin: failing, hook, request: expect.any(String), code: "handler_error" };
    expect(reported).toEqual(failing === undefined ? [] : [noStack, at]);
    const from = ["one", "two", undefined].indexOf(failing);
    for (const [position, record] of result.executions.entries()) {
      if (position >= from) expect(record).toMatchObject(over);
      else expect(record.status).not.toBe("skipped");
    }
    // The ended run no longer counts towards `maxInFlight`.
    expect(labelsOf(await manager.invoke(hook, call))).toContain("two");
  });

  it("when a listener is added ends the run as a failure, and what it awaited has no effect", async () => {
    const reported: unknown[] = [];
    const turns: string[] = [];
    const gate: Deferred<never> = deferred();
    const manager = await manage(
      [
        tagger("one"),
        plugin("waits", (_p, _c) => gate.promise, { onError: "ignore", timeoutMs: 5 }),
        plugin("next", (_p, _c) => void turns.push("next")),
      ],
      { maxInFlight: 1, onHandlerError: (thrown, at) => void reported.push(thrown, at) },
    );
    const signal = {
      aborted: false,
      addEventListener: () => {
        throw noStack;
      },
      removeEventListener: () => {},
    };
    const uncaught = await uncaughtDuring(async () => {
      const result = await manager.invoke(hook, call, { signal: signal as never });
      expect(result.violation).toEqual({ plugin: "waits", code: "handler_error", reason });
      expect(labelsOf(result)).toEqual(["one"]);
      expect(statusesOf(result)).toEqual(["completed", "skipped", "skipped"]);
      await later(10);
      gate.reject(new Error("late"));
    });
    expect(uncaught).toEqual([]);
    expect(turns).toEqual([]);
    const at = { plugin: "waits", hook, request: expect.any(String), code: "handler_error" };
    expect(reported).toEqual([noStack, at]);
    expect(await manager.close()).toMatchObject({ drained: true, late: 1 });
  });

  it("leaves capacity for as many runs as before", async () => {
    const gate = deferred();
    const manager = await manage([plugin("waits", (_p, _c) => gate.promise)], { maxInFlight: 1 });
    expect((await manager.invoke(hook, call, { signal: breaking(0) })).violation).toBeDefined();
    const running = manager.invoke(hook, call);
    await expect(manager.invoke(hook, call)).rejects.toMatchObject({ code: "overloaded" });
    gate.resolve();
    expect((await running).violation).toBeUndefined();
  });
});

describe("a signal that calls its listeners without `aborted`", () => {
  const waits = plugin("waits", (_p, _c) => later(1));
  const settings = { onError: "ignore" } as const;
  const endings: Readonly<Record<string, () => unknown>> = {
    "returns nothing": () => undefined,
    "returns a change": () => ({ modifiedPayload: { name: "changed" } }),
    "returns a denial": () => deny("no"),
    throws: () => {
      throw new Error("after the abort");
    },
    rejects: () => Promise.reject(new Error("after the abort")),
    hangs: never,
  };
  const nextOnes = {
    "the next handler": {},
    "one that its conditions leave out": { conditions: { tools: ["other"] } },
    "those beside each other": { mode: "concurrent" },
  } as const;

  /** Runs `waits`, the plugin and one after it: nothing runs or is reported after the run's end. */
  async function expectOver(
    make: (abort: () => void) => ReturnType<typeof plugin>,
    next: (typeof nextOnes)[keyof typeof nextOnes],
    onHandlerError: (abort: () => void) => () => void = () => () => {},
    status = "cancelled",
  ) {
    const { signal, abort } = foreign();
    const turns: string[] = [];
    let reported = 0;
    const whenReported = onHandlerError(abort);
    const manager = await manage(
      [waits, make(abort), plugin("next", (_p, _c) => void turns.push("next"), next)],
      {
        onHandlerError: () => {
          reported += 1;
          whenReported();
        },
      },
    );
    const result = await manager.invoke(hook, call, { signal });
    await rest();
    expect(result.violation).toEqual(aborted);
    expect(result.payload).toBe(call);
    expect(turns).toEqual([]);
    expect(statusesOf(result).slice(0, 2)).toEqual(["completed", status]);
    expect(await manager.close()).toMatchObject({ drained: true });
    return reported;
  }

  const cases = Object.entries(endings).flatMap(([what, ending]) =>
    Object.entries(nextOnes).map(([whom, next]) => ({ what, ending, whom, next })),
  );
  it.each(cases)("ends a run whose handler then $what, before $whom", async ({ ending, next }) => {
    const aborts =
      (abort: () => void): Run =>
      (_payload, _context) => {
        abort();
        return ending();
      };
    const reported = await expectOver((abort) => plugin("aborts", aborts(abort), settings), next);
    expect(reported).toBe(ending === endings.throws ? 1 : 0);
  });

  it.each(Object.entries(nextOnes))("that the sink calls, before %s", async (_whom, next) => {
    const fails: readonly Run[] = [
      (_p, _c) => {
        throw new Error("broken");
      },
      (_p, _c) => Promise.reject(new Error("broken")),
    ];
    for (const run of fails) {
      const reported = await expectOver(
        () => plugin("fails", run, settings),
        next,
        (abort) => abort,
        "error",
      );
      expect(reported).toBe(1);
    }
  });

  it.each(Object.entries(nextOnes))("that a deadline calls, before %s", async (_whom, next) => {
    const listens =
      (abort: () => void): Run =>
      (_payload, context) => {
        context.signal.addEventListener("abort", abort);
        return never();
      };
    const { signal, abort } = foreign();
    const turns: string[] = [];
    const manager = await manage([
      plugin("listens", listens(abort), { ...settings, timeoutMs: 5 }),
      plugin("next", (_p, _c) => void turns.push("next"), next),
    ]);
    const result = await manager.invoke(hook, call, { signal });
    expect(result.violation).toEqual(aborted);
    expect(turns).toEqual([]);
  });

  it("ends concurrent handlers once", async () => {
    const { signal, abort } = foreign();
    const thrown: unknown[] = [];
    const beside = { mode: "concurrent", onError: "ignore" } as const;
    const manager = await manage(
      [
        waits,
        plugin(
          "fails",
          (_p, _c) => {
            throw new Error("once");
          },
          beside,
        ),
        plugin("aborts", (_p, _c) => abort(), beside),
      ],
      { onHandlerError: (error) => void thrown.push(error) },
    );
    const result = await manager.invoke(hook, call, { signal });
    expect(result.violation).toEqual(aborted);
    expect(thrown).toEqual([new Error("once")]);
  });
});

describe("a signal that aborts without an event", () => {
  it("ends a run that awaited, before concurrent handlers", async () => {
    let isAborted = false;
    const { signal } = foreign(() => isAborted);
    const gate: Deferred<void> = deferred();
    const manager = await manage([
      plugin("waits", (_p, _c) => gate.promise),
      tagger("beside", { mode: "concurrent" }),
    ]);
    const running = manager.invoke(hook, call, { signal });
    isAborted = true;
    gate.resolve();
    const result = await running;
    expect(result.violation).toEqual(aborted);
    expect(result.errors).toEqual([]);
    expect(statusesOf(result)).toEqual(["completed", "skipped"]);
  });

  it("ends a run that awaited, before a handler that was not called", async () => {
    let isAborted = false;
    const { signal } = foreign(() => isAborted);
    const aborts = async () => {
      await rest();
      isAborted = true;
    };
    const signals: AbortSignal[] = [];
    const manager = await manage([
      plugin("aborts", (_p, context) => {
        signals.push(context.signal);
        return aborts();
      }),
      tagger("next"),
    ]);
    const result = await manager.invoke(hook, call, { signal });
    expect(result.violation).toEqual(aborted);
    expect(statusesOf(result)).toEqual(["completed", "skipped"]);
    expect(signals[0]?.aborted).toBe(false);
  });
});

describe("a signal that aborts as soon as a listener is added", () => {
  it("ends the run once", async () => {
    let isAborted = false;
    const signal = {
      get aborted() {
        return isAborted;
      },
      addEventListener: (_type: string, listener: () => void) => {
        isAborted = true;
        listener();
      },
      removeEventListener: () => {},
    };
    const manager = await manage([plugin("hangs", (_p, _c) => never()), tagger("next")]);
    const result = await manager.invoke(hook, call, { signal: signal as never });
    expect(result.violation).toEqual(aborted);
    expect(statusesOf(result)).toEqual(["cancelled", "skipped"]);
    expect(await manager.close()).toMatchObject({ drained: true, late: 0 });
  });
});
