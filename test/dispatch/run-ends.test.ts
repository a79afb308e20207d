// Its process is only for files that patch the realm.
/** Where a run ends, and that nothing in it continues afterwards. */
import { deny } from "glassine";
import { describe, expect, it } from "vitest";
import {
  aborted,
  call,
  deferred,
  hook,
  labelsOf,
  later,
  manage,
  never,
  plugin,
  type Run,
  rest,
  runOnce,
  statusesOf,
  tagger,
  uncaughtDuring,
} from "./support.ts";

describe("a run that a handler halts", () => {
  const timesOut = plugin("hangs", (_p, _c) => never(), { timeoutMs: 5, onError: "ignore" });
  it.each([
    ["at once", [], (_p, _c) => deny("no")],
    ["after a wait", [], (_p, _c) => Promise.resolve(deny("no"))],
    ["at once, after one that hung", [timesOut], (_p, _c) => deny("no")],
  ] satisfies [string, unknown[], Run][])(
    "%s never continues, not even later",
    async (_when, first, run) => {
      for (const timings of [false, true]) {
        const turns: string[] = [];
        const thrown: unknown[] = [];
        const plugins = [
          ...first,
          plugin("denies", run),
          plugin("next", (_p, _c) => void turns.push("next")),
        ];
        const result = await runOnce(
          plugins,
          {},
          {
            timings,
            onHandlerError: (error) => void thrown.push(error),
          },
        );
        await rest();
        expect(result.violation).toMatchObject({ plugin: "denies", reason: "no" });
        expect(statusesOf(result).slice(-2)).toEqual(["completed", "skipped"]);
        expect([turns, thrown]).toEqual([[], []]);
      }
    },
  );
});

describe("a handler that makes the host abort synchronously", () => {
  const aborting = (given: AbortController, before = () => {}) =>
    plugin("aborts", (_p, _c) => {
      before();
      given.abort();
    });

  it("as the last of its run: the run is aborted", async () => {
    const host = new AbortController();
    const result = await runOnce([tagger("one"), aborting(host)], { signal: host.signal });
    expect(result.violation).toEqual(aborted);
    expect(statusesOf(result)).toEqual(["completed", "completed"]);
  });

  it("before concurrent handlers: none of them starts", async () => {
    const host = new AbortController();
    const result = await runOnce([aborting(host), tagger("beside", { mode: "concurrent" })], {
      signal: host.signal,
    });
    expect(result.violation).toEqual(aborted);
    expect(statusesOf(result)).toEqual(["completed", "skipped"]);
    expect(labelsOf(result)).toEqual([]);
  });

  it.each([
    ["none is waited for", (): undefined => undefined, "completed"],
    ["one is waited for", () => later(5), "cancelled"],
  ] as const)(
    "among concurrent handlers, of which %s: the unstarted ones never start",
    async (_when, run, first) => {
      const host = new AbortController();
      const turns: string[] = [];
      const mode = "concurrent";
      const result = await runOnce(
        [
          plugin("first", (_p, _c) => run(), { mode }),
          tagger("adds", { mode }),
          plugin("aborts", (_p, _c) => host.abort(), { mode }),
          plugin("guard", (_p, _c) => void turns.push("guard"), { mode }),
          tagger("behind", { mode: "fire_and_forget" }),
        ],
        { signal: host.signal },
      );
      expect(result.violation).toEqual(aborted);
      expect(labelsOf(result)).toEqual(["adds"]);
      expect(statusesOf(result)).toEqual([first, "completed", "completed", "skipped", "skipped"]);
      expect(result.executions[3]?.reason).toBe("The run had already been halted.");
      expect(turns).toEqual([]);
    },
  );

  it("as the last concurrent handler: the run is aborted", async () => {
    const host = new AbortController();
    const mode = "concurrent";
    const aborts = plugin("aborts", (_p, _c) => host.abort(), { mode });
    const result = await runOnce([tagger("adds", { mode }), aborts], { signal: host.signal });
    expect([result.violation, labelsOf(result)]).toEqual([aborted, ["adds"]]);
  });

  it("and patched Array.prototype: the records are the same as without", async () => {
    const host = new AbortController();
    const forged = { position: 99, plugin: { name: "forged" } };
    const patch = () => {
      Object.defineProperty(Array.prototype, 1, { value: forged, configurable: true });
    };
    const manager = await manage([aborting(host, patch), tagger("beside", { mode: "concurrent" })]);
    let running: ReturnType<typeof manager.invoke> | undefined;
    try {
      running = manager.invoke(hook, call, { signal: host.signal });
    } finally {
      Reflect.deleteProperty(Array.prototype, 1);
    }
    const result = await running;
    expect(result?.violation).toEqual(aborted);
    expect(result?.executions).toMatchObject([{ status: "completed" }, { status: "skipped" }]);
  });
});

it("a manager is idle when the last of its runs has ended, not the first", async () => {
  const gates = [deferred(), deferred()];
  let next = 0;
  const manager = await manage([
    plugin("waits", (_p, _c) => {
      next += 1;
      return gates[next - 1]?.promise;
    }),
  ]);
  const running = [manager.invoke(hook, call), manager.invoke(hook, call)];
  let isClosed = false;
  const closing = manager.close().then(() => {
    isClosed = true;
  });
  gates[0]?.resolve();
  await running[0];
  await rest();
  expect(isClosed).toBe(false);
  gates[1]?.resolve();
  await closing;
});

it("a sink that rejects causes no unhandled rejection", async () => {
  const uncaught = await uncaughtDuring(async () => {
    const manager = await manage([plugin("fails", (_p, _c) => Promise.reject(new Error("x")))], {
      onHandlerError: (() => Promise.reject(new Error("no log"))) as never,
    });
    expect((await manager.invoke(hook, call)).violation?.code).toBe("handler_error");
  });
  expect(uncaught).toEqual([]);
});

it("only a handler with onError disable is disabled by a failure", async () => {
  let turns = 0;
  const fails: Run = (_p, _c) => {
    turns += 1;
    throw new Error("each time");
  };
  const settings = { onError: "ignore", conditions: { tools: ["*"] } } as const;
  const manager = await manage([plugin("fails", fails, settings)]);
  for (const turn of [1, 2]) {
    expect(statusesOf(await manager.invoke(hook, call))).toEqual(["error"]);
    expect(turns).toBe(turn);
  }
});

describe("the context of a handler", () => {
  it("ends with the run, even while background handlers continue", async () => {
    const outcomes: string[] = [];
    const outcomeOf = (read: () => unknown) => {
      try {
        read();
        return "there";
      } catch (error) {
        return (error as { code: string }).code;
      }
    };
    let kept: Parameters<Run>[1] | undefined;
    const manager = await manage([
      plugin("keeps", (_p, context) => {
        kept = context;
      }),
      plugin(
        "behind",
        async (_p, context) => {
          await later(1);
          outcomes.push(
            outcomeOf(() => kept?.state),
            outcomeOf(() => context.state),
          );
        },
        { mode: "fire_and_forget" },
      ),
    ]);
    await manager.invoke(hook, call);
    await manager.close();
    expect(outcomes).toEqual(["aborted", "there"]);
  });

  it("ends at the deadline, even if the run continues and the signal is read only then", async () => {
    const found: unknown[] = [];
    const over = deferred<void>();
    const read = deferred<void>();
    const late: Run = async (_p, context) => {
      await over.promise;
      const { signal } = context;
      found.push(signal.aborted, context.signal === signal);
      try {
        found.push(context.state);
      } catch (error) {
        found.push((error as { code: string }).code);
      }
      read.resolve();
    };
    await runOnce([
      plugin("late", late, { timeoutMs: 5, onError: "ignore" }),
      plugin("next", async (_p, context) => {
        over.resolve();
        await read.promise;
        found.push(context.signal.aborted);
      }),
    ]);
    expect(found).toEqual([true, true, "aborted", false]);
  });

  it("has one signal, which aborts with the runtime's own reason", async () => {
    const signals: AbortSignal[] = [];
    await runOnce([
      plugin(
        "hangs",
        (_p, context) => {
          signals.push(context.signal, context.signal);
          return never();
        },
        { timeoutMs: 5, onError: "ignore" },
      ),
    ]);
    expect(signals[0]).toBe(signals[1]);
    expect(signals[0]?.reason).toMatchObject({ name: "AbortError" });
  });

  it("exposes no class, and neither does a result's context", async () => {
    let kept: object = {};
    const { context } = await runOnce([
      plugin("keeps", (_p, given) => {
        kept = given;
      }),
    ]);
    for (const each of [kept, context]) {
      expect((each as { constructor: unknown }).constructor).toBe(Object);
    }
  });
});
