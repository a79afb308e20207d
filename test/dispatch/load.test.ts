import { deny } from "glassine";
import { describe, expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";
import {
  bytesOf,
  call,
  deferred,
  hook,
  labelled,
  labelsOf,
  later,
  type Manager,
  manage,
  plugin,
  type Result,
  type Run,
  tagger,
} from "./support.ts";

const codeOf = (running: Promise<unknown>) =>
  running.then(
    () => "accepted",
    (error: { code: string }) => error.code,
  );

describe("maxInFlight", () => {
  it("refuses one more than the operator allows, and takes it once there is room", async () => {
    verifies("dispatch:overloaded");
    const gate = deferred();
    const manager = await manage([plugin("waits", (_p, _c) => gate.promise)], { maxInFlight: 2 });
    const running = [manager.invoke(hook, call), manager.invoke(hook, call)];
    expect(await codeOf(manager.invoke(hook, call))).toBe("overloaded");
    gate.resolve();
    await Promise.all(running);
    expect(await codeOf(manager.invoke(hook, call))).toBe("accepted");
  });

  const endings: Record<string, Run> = {
    "ends at once": (_p, _c) => undefined,
    "ends later": (_p, _c) => later(1),
    denies: (_p, _c) => deny("no"),
    throws: (_p, _c) => {
      throw new Error("broken");
    },
    rejects: (_p, _c) => Promise.reject(new Error("broken")),
    hangs: (_p, _c) => new Promise(() => {}),
    "returns nonsense": (_p, _c) => 5,
    "fills the stack": function fill(payload, context, extensions): unknown {
      return [fill(payload, context, extensions)];
    },
  };
  it.each(Object.entries(endings))("has room again after a handler that %s", async (_how, run) => {
    for (const mode of ["sequential", "transform", "concurrent", "fire_and_forget"] as const) {
      const manager = await manage(
        [plugin("ends", run, { mode, extensions: false, timeoutMs: 10 })],
        { maxInFlight: 1 },
      );
      for (let i = 0; i < 3; i++) {
        expect(await codeOf(manager.invoke(hook, call)), mode).toBe("accepted");
      }
    }
  });

  it("has room again after an abort and after a refused invocation", async () => {
    const manager = await manage([plugin("hangs", (_p, _c) => new Promise(() => {}))], {
      maxInFlight: 1,
    });
    for (let i = 0; i < 3; i++) {
      const host = new AbortController();
      const running = manager.invoke(hook, call, { signal: host.signal });
      expect(await codeOf(manager.invoke(hook, call))).toBe("overloaded");
      host.abort();
      expect((await running).violation?.code).toBe("aborted");
      const aborted = manager.invoke(hook, call, { signal: AbortSignal.abort() });
      expect((await aborted).violation?.code).toBe("aborted");
    }
    const idle = await manage([], { maxInFlight: 1 });
    expect(await codeOf(idle.invoke(hook, { nmae: 1 } as never))).toBe("payload_invalid");
    expect(await codeOf(idle.invoke(hook, call, { context: 1 as never }))).toBe("options_invalid");
    expect(await codeOf(idle.invoke(hook, call))).toBe("accepted");
  });

  it("counts nested runs, so that recursion without a parent is bounded too", async () => {
    const codes: string[] = [];
    const manager: Manager = await manage(
      [
        plugin("recurses", async (payload, _context) => {
          codes.push(await codeOf(manager.invoke(hook, payload)));
        }),
      ],
      { maxInFlight: 5 },
    );
    await manager.invoke(hook, call);
    expect(codes.sort()).toEqual(["accepted", "accepted", "accepted", "accepted", "overloaded"]);
    expect(await codeOf(manager.invoke(hook, call))).toBe("accepted");
  });

  it("has room again after runs were started at the bottom of a full stack", async () => {
    const manager = await manage(
      [plugin("tags", (_p, _c) => ({ modifiedExtensions: { custom: { a: [[[1]]] } } }))],
      { maxInFlight: 3 },
    );
    const codes = new Set<string>();
    const pending: Promise<void>[] = [];
    const invoke = () => {
      pending.push(codeOf(manager.invoke(hook, call)).then((code) => void codes.add(code)));
    };
    const descend = (): void => {
      try {
        descend();
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
      }
      if (pending.length < 200) invoke();
    };
    descend();
    await Promise.all(pending);
    expect(codes).not.toContain("overloaded");
    expect(await codeOf(manager.invoke(hook, call))).toBe("accepted");
  });
});

describe("a thousand runs at once", () => {
  it("do not mix", async () => {
    const manager = await manage([
      plugin("waits", async (payload, context) => {
        context.state.set("n", payload.args.n);
        await later(Number(payload.args.n) % 7);
        return { metadata: { same: context.state.get("n") === payload.args.n } };
      }),
      plugin("tags", async (payload, _c, extensions) => ({
        modifiedExtensions: {
          security: { labels: [...extensions.security.labels, `n-${payload.args.n}`] },
        },
      })),
      tagger("beside", { mode: "concurrent" }),
    ]);
    const results = await Promise.all(
      Array.from({ length: 1000 }, (_, n) =>
        manager.invoke(hook, { name: "add", args: { n } }, { extensions: labelled(`of-${n}`) }),
      ),
    );
    const mixed = results.filter(
      (result, n) =>
        labelsOf(result).join() !== [`beside`, `n-${n}`, `of-${n}`].join() ||
        result.metadata.waits?.same !== true,
    );
    expect(mixed).toEqual([]);
  });

  it("end the same by any hundred handlers that settle in one tick", async () => {
    const gate = deferred();
    const handlers = Array.from({ length: 100 }, (_, i) =>
      plugin(
        `handler-${i}`,
        async (_p, _c) => {
          await gate.promise;
          return { modifiedExtensions: { security: { labels: [`L${i}`] } } };
        },
        { mode: "concurrent" },
      ),
    );
    const manager = await manage(handlers);
    const running = [manager.invoke(hook, call), manager.invoke(hook, call)];
    gate.resolve();
    const [one, two] = await Promise.all(running);
    expect(labelsOf(one as Result)).toHaveLength(100);
    expect(bytesOf(two as Result)).toBe(bytesOf(one as Result));
  });
});
