import { deny } from "glassine";
import { describe, expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";
import { call, deferred, hook, later, manage, plugin, type Run } from "./support.ts";

const codeOf = (running: Promise<unknown>) =>
  running.then(
    () => "accepted",
    (error: { code: string }) => error.code,
  );

describe("maxInFlight", () => {
  it("refuses one more than the operator allows, and accepts it once there is capacity", async () => {
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
  it.each(Object.entries(endings))(
    "has capacity again after a handler that %s",
    async (_how, run) => {
      for (const mode of ["sequential", "transform", "concurrent", "fire_and_forget"] as const) {
        const manager = await manage(
          [plugin("ends", run, { mode, extensions: false, timeoutMs: 10 })],
          { maxInFlight: 1 },
        );
        for (let i = 0; i < 3; i++) {
          expect(await codeOf(manager.invoke(hook, call)), mode).toBe("accepted");
        }
      }
    },
  );

  it("has capacity again after an abort and after a refused invocation", async () => {
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
});
