/** Failures: handlers that come late, or not at all. */
// Only in test:all: it waits for handlers that come late.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { deny } from "glassine";
import { expect, it } from "vitest";
import { thenable } from "../dispatch/returned.ts";
import {
  adds,
  bytesOf,
  call,
  deferred,
  hook,
  labelled,
  labelsOf,
  later,
  manage,
  never,
  plugin,
  type Run,
  rest,
  runOnce,
  type ToolCall,
  tagger,
  uncaughtDuring,
} from "../dispatch/support.ts";
import { verifies } from "../support/verifies.ts";
import { attack } from "./attack.ts";

const modes = ["sequential", "transform", "audit", "concurrent"] as const;

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** V8 may keep a value for a while, such as during compilation; a real leak stays. */
async function areCollected(references: readonly WeakRef<object>[]): Promise<void> {
  await rest();
  const left = () => {
    collectGarbage();
    return references.filter((each) => each.deref() !== undefined);
  };
  await expect.poll(left, { timeout: 20_000, interval: 100 }).toEqual([]);
}

/** Runs a handler that hangs, and returns a weak reference to the envelope of its run. */
async function hangOnce(mode: (typeof modes)[number]): Promise<WeakRef<object>> {
  const manager = await manage([
    plugin("hangs", never, { mode, extensions: true, timeoutMs: 10, onError: "fail" }),
  ]);
  const extensions = labelled("PII");
  const result = await manager.invoke(hook, call, { extensions });
  expect(result.violation).toMatchObject({ plugin: "hangs", code: "handler_timeout" });
  expect(result.extensions).toBe(extensions);
  return new WeakRef(extensions);
}

const endings = ["timeout", "abort"] as const;

/** Runs a handler that returns `promise`, and returns weak references to its abandoned run. */
async function goOnWithout(
  promise: unknown,
  mode: (typeof modes)[number] | "fire_and_forget",
  ending: (typeof endings)[number],
): Promise<readonly WeakRef<object>[]> {
  const timeoutMs = ending === "timeout" || mode === "fire_and_forget" ? 10 : null;
  const references: WeakRef<object>[] = [];
  // The wait for a later handler must not retain what an earlier one returned. Created here,
  // because V8 may keep a function and its closure during compilation.
  const changes = async (_payload: ToolCall, _context: object) => {
    const returned = { modifiedPayload: { name: "changed", args: { list: [1, 2, 3] } } };
    references.push(new WeakRef(returned));
    return returned;
  };
  const host = new AbortController();
  const manager = await manage([
    plugin("changes", changes),
    plugin("hangs", (_p, _c, _e) => promise, { mode, timeoutMs, onError: "ignore" }),
  ]);
  const extensions = labelled("PII");
  const running = manager.invoke(hook, call, { extensions, signal: host.signal });
  if (ending === "abort") setTimeout(() => host.abort(), 5);
  const result = await running;
  await manager.close();
  return [
    ...references,
    ...[extensions, result, result.payload].map((value) => new WeakRef(value)),
  ];
}

attack(
  "A-143",
  "Return a promise that never settles",
  "fails with `handler_timeout` at the deadline; no memory of the run is retained",
  () => {
    it.each(modes)("in mode %s", async (mode) => {
      verifies("dispatch:timeout");
      await areCollected([await hangOnce(mode)]);
    });

    /** Promises that outlive the runs: awaiting them never ends. */
    const shared: Readonly<Record<string, unknown>> = {
      promise: never(),
      thenable: thenable((yes, no) => callbacks.push(yes, no)),
      "promise of a subclass": new (class Tracked<T> extends Promise<T> {})(() => {}),
    };
    const callbacks: unknown[] = [];
    const cases = Object.keys(shared).flatMap((what) =>
      [...modes, "fire_and_forget" as const].flatMap((mode) =>
        endings.map((ending) => ({ what, mode, ending })),
      ),
    );
    it.each(cases)(
      "one $what shared by all runs, in mode $mode, ended by $ending",
      async ({ what, mode, ending }) => {
        const references: WeakRef<object>[] = [];
        for (let i = 0; i < 3; i++)
          references.push(...(await goOnWithout(shared[what], mode, ending)));
        await areCollected(references);
      },
    );

    it("in every handler of a run: each has its own deadline", async () => {
      const hangs = Array.from({ length: 4 }, (_, i) =>
        plugin(`hangs-${i}`, never, { extensions: true, timeoutMs: 10, onError: "ignore" }),
      );
      const result = await runOnce([...hangs, tagger("after")]);
      expect(result.errors.map(({ code }) => code)).toEqual(hangs.map(() => "handler_timeout"));
      expect(labelsOf(result)).toEqual(["after"]);
    });
  },
);

const lateAnswers: Readonly<Record<string, Run>> = {
  "a change": adds("late"),
  "a new payload": () => ({ modifiedPayload: { name: "late", args: {} } }),
  metadata: () => ({ metadata: { late: true } }),
  "a denial": () => deny("late"),
  nonsense: () => 5,
};

attack(
  "A-144",
  "Resolve after the deadline with a change or a denial",
  "discarded, and counted in `late` when the manager closes",
  () => {
    const cases = Object.entries(lateAnswers).flatMap(([what, answer]) =>
      modes.map((mode) => ({ what, answer, mode })),
    );
    it.each(cases)("$what in mode $mode", async ({ answer, mode }) => {
      verifies("dispatch:timeout-late");
      const expired = deferred();
      const late: Run = async (payload, context, extensions) => {
        context.signal.addEventListener("abort", () => expired.resolve());
        await expired.promise;
        return answer(payload, context, extensions);
      };
      // Keeps the run alive, in the same phase or a later one.
      const opens = async () => {
        await expired.promise;
        await later(5);
      };
      const manager = await manage([
        tagger("before"),
        plugin("late", late, { mode, extensions: true, timeoutMs: 10, onError: "ignore" }),
        plugin("opens", opens, { mode: "concurrent", extensions: false }),
      ]);
      const result = await manager.invoke(hook, call, { extensions: labelled("PII") });
      expect(result.errors).toMatchObject([{ plugin: "late", code: "handler_timeout" }]);
      expect(result.executions[1]).toMatchObject({ status: "timeout", applied: false });
      expect([result.violation, result.rejections]).toEqual([undefined, []]);
      expect(labelsOf(result)).toEqual(["PII", "before"]);
      expect(result.payload).toBe(call);
      expect(result.metadata).toEqual({});
      expect((await manager.close()).late).toBe(1);
    });

    it("is not mistaken for the result of the handler that is then running", async () => {
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
  },
);

attack("A-145", "Reject after the deadline", "never an unhandled rejection", () => {
  it.each([...modes, "fire_and_forget"] as const)("in mode %s", async (mode) => {
    verifies("dispatch:timeout-late");
    const reported: unknown[] = [];
    const gate = deferred<void>();
    const uncaught = await uncaughtDuring(async () => {
      const late = plugin("late", () => gate.promise, { mode, timeoutMs: 10, extensions: false });
      const manager = await manage([late], { onHandlerError: (thrown) => reported.push(thrown) });
      await manager.invoke(hook, call);
      await manager.close();
      gate.reject(new Error("late"));
      await later(5);
    });
    expect(uncaught).toEqual([]);
    expect(reported).toEqual([]);
  });
});

attack(
  "A-146",
  "Settle, then keep changing the returned object",
  "read at one moment; later changes have no effect",
  () => {
    /** Every part holds the same number, which increases in each turn of the loop. */
    const counting = () => {
      const returned = {
        modifiedPayload: { name: "n-0", args: { n: 0 } },
        modifiedExtensions: { security: { labels: ["PII", "n-0"] }, custom: { n: 0 } },
        metadata: { n: 0 },
      };
      let n = 0;
      const step = () => {
        n += 1;
        returned.modifiedPayload.name = `n-${n}`;
        returned.modifiedPayload.args.n = n;
        returned.modifiedExtensions.security.labels[1] = `n-${n}`;
        returned.modifiedExtensions.custom.n = n;
        returned.metadata.n = n;
        if (n < 200) queueMicrotask(step);
        else if (n < 220) setImmediate(step);
      };
      queueMicrotask(step);
      return returned;
    };

    it.each(["returned", "resolved"])("%s", async (how) => {
      const spoils: Run = (_p, _c) =>
        how === "returned" ? counting() : new Promise((yes) => setImmediate(yes, counting()));
      const manager = await manage([
        plugin("spoils", spoils),
        plugin("waits", (_p, _c) => later(5)),
      ]);
      const result = await manager.invoke(hook, call, { extensions: labelled("PII") });
      const n = Number((result.payload as ToolCall).args.n);
      expect(n).toBeLessThan(220);
      expect(result.payload).toEqual({ name: `n-${n}`, args: { n } });
      expect(labelsOf(result)).toEqual(["PII", `n-${n}`]);
      expect(result.extensions.custom).toEqual({ n });
      expect(result.metadata).toEqual({ spoils: { n } });
      const before = bytesOf(result);
      await rest();
      expect(bytesOf(result)).toBe(before);
    });

    it.each(["returned", "resolved"])("%s by a concurrent handler", async (how) => {
      const spoils: Run = (_p, _c) =>
        how === "returned" ? counting() : Promise.resolve(counting());
      const mode = "concurrent";
      const manager = await manage([
        plugin("spoils", spoils, { mode, timeoutMs: 5 }),
        plugin("waits", (_p, _c) => later(40), { mode }),
      ]);
      const result = await manager.invoke(hook, call, { extensions: labelled("PII") });
      // A few turns pass before a promise is settled; none after.
      const { n } = result.metadata.spoils as { n: number };
      expect(n).toBeLessThan(5);
      expect(labelsOf(result)).toEqual(["PII", `n-${n}`]);
      expect(result.errors).toEqual([]);
    });
  },
);
