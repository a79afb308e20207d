import { addLabels, definePlugin, deny, RejectError } from "glassine";
import { describe, expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";
import {
  adds,
  call,
  deferred,
  hook,
  labelled,
  manage,
  never,
  plugin,
  type Run,
  rest,
  statusesOf,
  tagger,
  uncaughtDuring,
} from "./support.ts";

const mode = "fire_and_forget";
const blank = { started: 0, completed: 0, failed: 0, timedOut: 0, dropped: 0, pending: 0 };

describe("a background handler", () => {
  it("receives the final payload and envelope", async () => {
    verifies("dispatch:background-last");
    const seen: unknown[] = [];
    const manager = await manage([
      plugin(
        "behind",
        (payload, context, extensions) => {
          seen.push(payload, extensions.security.labels, context.request);
        },
        { mode },
      ),
      plugin("renames", (payload, _c) => ({ modifiedPayload: { ...payload, name: "sub" } })),
      tagger("serial"),
      tagger("beside", { mode: "concurrent" }),
    ]);
    const result = await manager.invoke(hook, call, { extensions: labelled("PII") });
    await manager.close();
    expect(seen).toEqual([
      { name: "sub", args: { a: 1 } },
      ["PII", "beside", "serial"],
      result.context.request,
    ]);
    expect(seen[0]).toBe(result.payload);
  });

  it("starts after the caller has the result, even if nothing was awaited", async () => {
    verifies("dispatch:background-awaited");
    const order: string[] = [];
    const manager = await manage([
      plugin("behind", (_p, _c) => void order.push("behind"), { mode }),
    ]);
    const caller = async () => {
      await manager.invoke(hook, call);
    };
    await caller().then(() => order.push("result"));
    await manager.close();
    expect(order).toEqual(["result", "behind"]);
  });

  it("delays no result, however long it takes", async () => {
    const gate = deferred();
    const manager = await manage([plugin("behind", (_p, _c) => gate.promise, { mode })]);
    const result = await manager.invoke(hook, call);
    expect(result.executions).toMatchObject([{ plugin: "behind", status: "started" }]);
    await rest();
    expect(result.executions).toMatchObject([{ plugin: "behind", status: "started" }]);
    gate.resolve();
    expect((await manager.close()).background).toEqual({ ...blank, started: 1, completed: 1 });
  });

  it("does not start if the run was halted", async () => {
    verifies("dispatch:background-not-halted");
    const turns: string[] = [];
    const noting = plugin("behind", (_p, _c) => void turns.push("behind"), { mode });
    const halting: Record<string, Run> = {
      denied: (_p, _c) => deny("no"),
      failed: (_p, _c) => {
        throw new Error("broken");
      },
      refused: (_p, _c) => "nonsense",
    };
    for (const [how, run] of Object.entries(halting)) {
      for (const as of ["sequential", "concurrent"] as const) {
        const manager = await manage([noting, plugin("guard", run, { mode: as })]);
        const result = await manager.invoke(hook, call);
        const report = await manager.close();
        expect(report.background, how).toEqual(blank);
        expect(result.executions.at(-1), how).toMatchObject({ status: "skipped" });
      }
    }
    expect(turns).toEqual([]);
  });

  it.each<[string, Run]>([
    ["returns", (_p, _c) => deny("no")],
    ["throws", (_p, _c) => Promise.reject(new RejectError("no"))],
    [
      "throws at once",
      (_p, _c) => {
        throw new RejectError("no");
      },
    ],
  ])("has not failed if it %s a denial, which has no effect", async (_how, run) => {
    verifies("dispatch:background-denial");
    const lines: string[] = [];
    const log = (line: string) => lines.push(line);
    const manager = await manage([plugin("behind", run, { mode, onError: "disable" })], {
      logger: { error: log, warn: log },
    });
    for (let times = 0; times < 2; times++) {
      expect((await manager.invoke(hook, call)).continueProcessing).toBe(true);
      await rest();
    }
    expect((await manager.close()).background).toEqual({ ...blank, started: 2, completed: 2 });
    expect(lines).toEqual([]);
  });

  it("is recorded as skipped if its conditions do not match", async () => {
    const turns: string[] = [];
    const manager = await manage([
      plugin("behind", (_p, _c) => void turns.push("behind"), {
        mode,
        conditions: { tools: ["other"] },
      }),
    ]);
    const { executions } = await manager.invoke(hook, call);
    expect(executions).toMatchObject([{ plugin: "behind", status: "skipped" }]);
    expect((await manager.close()).background).toEqual(blank);
    expect(turns).toEqual([]);
  });

  it("matches its conditions against the final payload", async () => {
    const manager = await manage([
      plugin("behind", (_p, _c) => {}, { mode, conditions: { tools: ["sub"] } }),
      plugin("renames", (payload, _c) => ({ modifiedPayload: { ...payload, name: "sub" } })),
    ]);
    await manager.invoke(hook, call);
    expect((await manager.close()).background).toEqual({ ...blank, started: 1, completed: 1 });
  });

  it("may use its state and nest runs after the result is returned, until it ends", async () => {
    const inner = await manage([tagger("inner")]);
    const seen: unknown[] = [];
    let kept: { readonly state: unknown } | undefined;
    const manager = await manage([
      plugin(
        "behind",
        async (payload, context, _extensions) => {
          kept = context;
          await rest();
          context.state.set("note", 1);
          const nested = await inner.invoke(hook, payload, { parent: context });
          seen.push(nested.continueProcessing, context.state.get("note"));
        },
        { mode },
      ),
    ]);
    const result = await manager.invoke(hook, call);
    await manager.close();
    expect(seen).toEqual([true, 1]);
    expect(result.extensions.security).toBeUndefined();
    expect(() => kept?.state).toThrow(expect.objectContaining({ code: "aborted" }));
  });
});

it("the background handlers of one run end independently", async () => {
  const gate = deferred();
  const notes: unknown[] = [];
  const manager = await manage([
    plugin("ends", (_p, _c) => undefined, { mode }),
    plugin(
      "goes-on",
      async (_p, context) => {
        await gate.promise;
        notes.push(context.state.size, context.signal.aborted);
      },
      { mode },
    ),
  ]);
  await manager.invoke(hook, call);
  await rest();
  gate.resolve();
  expect((await manager.close()).background).toEqual({ ...blank, started: 2, completed: 2 });
  expect(notes).toEqual([0, false]);
});

it("all background handlers of a plugin share one part of the capacity", async () => {
  const point = "cmf.tool_pre_invoke";
  const settings = { mode, timeoutMs: null, extensions: false } as const;
  const hangs = definePlugin({
    name: "hangs",
    version: "1.0.0",
    hooks: {
      [point]: { ...settings, handler: never },
      message_pre_invoke: { ...settings, handler: never },
    },
  });
  const ships = definePlugin({
    name: "ships",
    version: "1.0.0",
    hooks: { [point]: { ...settings, handler: () => undefined, priority: 200 } },
  });
  const manager = await manage([hangs, ships], { maxBackground: 2 });
  const message = { schema_version: "2.0", role: "user", content: [] } as const;
  for (const expected of [
    ["started", "skipped", "started"],
    ["skipped", "skipped", "started"],
  ]) {
    expect(statusesOf(await manager.invoke(point, message as never))).toEqual(expected);
    await rest();
  }
  const { background } = await manager.close({ timeoutMs: 5 });
  expect(background).toEqual({ ...blank, started: 3, completed: 2, dropped: 3, pending: 1 });
});

describe("the failures of background handlers", () => {
  const throws: Run = (_p, _c) => {
    throw new Error("broken");
  };

  it("may return or throw promises that reject, which nobody awaits", async () => {
    const rejecting = () => ({ modifiedPayload: Promise.reject(new Error("ignored")) });
    const uncaught = await uncaughtDuring(async () => {
      const manager = await manage([
        plugin("returns", (_p, _c) => rejecting() as never, { mode }),
        plugin(
          "throws",
          (_p, _c) => {
            throw rejecting();
          },
          { mode },
        ),
      ]);
      await manager.invoke(hook, call);
      await rest();
    });
    expect(uncaught).toEqual([]);
  });

  it("do not affect the others, even if the sink throws", async () => {
    const turns: string[] = [];
    const uncaught = await uncaughtDuring(async () => {
      const manager = await manage(
        [
          plugin("throws", throws, { mode, extensions: false }),
          plugin("good", (_p, _c) => void turns.push("good"), { mode }),
        ],
        {
          onHandlerError: () => {
            throw new Error("sink");
          },
        },
      );
      await manager.invoke(hook, call);
      await manager.close();
    });
    expect(uncaught).toEqual([]);
    expect(turns).toEqual(["good"]);
  });

  it.each([
    ["disable", "disabled"],
    ["ignore", "started"],
    ["fail", "started"],
  ] as const)("disable the plugin if it declares so: %s", async (onError, next) => {
    const overdue = deferred();
    const hangs: Run = (_p, context) => {
      context.signal.addEventListener("abort", () => overdue.resolve());
      return never();
    };
    const conditions = { tools: [call.name] };
    const settings = { mode, onError, conditions, extensions: false, timeoutMs: 5 } as const;
    const manager = await manage([
      plugin("throws", throws, settings),
      plugin("hangs", hangs, settings),
    ]);
    await manager.invoke(hook, call);
    await overdue.promise;
    const result = await manager.invoke(hook, call);
    expect(statusesOf(result)).toEqual([next, next]);
    const times = next === "disabled" ? 1 : 2;
    expect((await manager.close()).background).toEqual({
      ...blank,
      started: 2 * times,
      failed: times,
      timedOut: times,
    });
  });

  it("discard changes and denials as a whole", async () => {
    const manager = await manage([
      plugin("adds", adds("late"), { mode }),
      plugin("denies", (_p, _c) => deny("late"), { mode }),
      plugin("breaks", (_p, _c, e) => ({ modifiedExtensions: addLabels(e, "x"), y: 1 }), { mode }),
    ]);
    const extensions = labelled("PII");
    const result = await manager.invoke(hook, call, { extensions });
    const { background } = await manager.close();
    expect(result.extensions).toBe(extensions);
    expect(result.rejections).toEqual([]);
    expect(background).toEqual({ ...blank, started: 3, completed: 3 });
  });
});
