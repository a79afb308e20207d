/** Failures: aborts at every moment. */
import { getEventListeners } from "node:events";
import { deny } from "glassine";
import { expect, it } from "vitest";
import {
  aborted,
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
  type Plugin,
  type PluginContext,
  plugin,
  type Run,
  rest,
  statusesOf,
  tagger,
} from "../dispatch/support.ts";
import { verifies } from "../support/verifies.ts";
import { attack } from "./attack.ts";

const extensions = labelled("PII");

/** Starts a run that the host can abort. */
async function start(plugins: readonly Plugin[], options = {}) {
  const host = new AbortController();
  const manager = await manage(plugins, options);
  const running = manager.invoke(hook, call, { extensions, signal: host.signal });
  return { host, manager, running };
}

attack(
  "A-152",
  "Abort before the start, during a handler, as it settles, or after the run",
  "`aborted` or a result, never both; merged changes stay, and no listener remains",
  () => {
    it("before the run: starts no handler, and returns the labels", async () => {
      verifies("dispatch:abort");
      const turns: string[] = [];
      const manager = await manage([
        plugin("serial", (_p, _c) => void turns.push("serial")),
        plugin("beside", (_p, _c) => void turns.push("beside"), { mode: "concurrent" }),
        plugin("behind", (_p, _c) => void turns.push("behind"), { mode: "fire_and_forget" }),
      ]);
      const signal = AbortSignal.abort();
      const result = await manager.invoke(hook, call, { extensions, signal });
      await manager.close();
      expect(result).toMatchObject({
        continueProcessing: false,
        violation: aborted,
        payload: call,
      });
      expect(result.extensions).toBe(extensions);
      expect(statusesOf(result)).toEqual(["skipped", "skipped", "skipped"]);
      expect(turns).toEqual([]);
    });

    it("during a handler, does not wait for it and keeps what was merged", async () => {
      verifies("dispatch:abort", "dispatch:merges-kept");
      const contexts: PluginContext[] = [];
      const { host, running } = await start([
        tagger("before"),
        plugin("hangs", (_p, context) => {
          contexts.push(context);
          void context.signal;
          return never();
        }),
        tagger("after"),
      ]);
      expect(contexts[0]?.signal.aborted).toBe(false);
      host.abort();
      const result = await running;
      expect(result.violation).toEqual(aborted);
      expect(labelsOf(result)).toEqual(["PII", "before"]);
      expect(statusesOf(result)).toEqual(["completed", "cancelled", "skipped"]);
      expect(result.executions[1]).toMatchObject({ errorCode: "aborted", effectiveAllow: false });
      expect(contexts[0]?.signal.aborted).toBe(true);
      expect(() => contexts[0]?.state).toThrow(expect.objectContaining({ code: "aborted" }));
    });

    it("during the concurrent phase, keeps what completed plugins added", async () => {
      const { host, running } = await start([
        tagger("serial"),
        plugin("ended", async (p, c, e) => adds("ended")(p, c, e), {
          mode: "concurrent",
          extensions: true,
        }),
        plugin("at-once", adds("at-once"), { mode: "concurrent" }),
        plugin("hangs", (_p, _c) => never(), { mode: "concurrent" }),
        tagger("behind", { mode: "fire_and_forget" }),
      ]);
      await rest();
      host.abort();
      const result = await running;
      expect(result.violation).toEqual(aborted);
      expect(labelsOf(result)).toEqual(["PII", "at-once", "ended", "serial"]);
      expect(statusesOf(result)).toEqual([
        "completed",
        "completed",
        "completed",
        "cancelled",
        "skipped",
      ]);
    });

    it("between two handlers, does not start the next one", async () => {
      const host = new AbortController();
      const turns: string[] = [];
      const manager = await manage([
        plugin("first", (_p, _c) => host.abort()),
        plugin("next", (_p, _c) => void turns.push("next")),
      ]);
      const result = await manager.invoke(hook, call, { extensions, signal: host.signal });
      expect(result.violation).toEqual(aborted);
      expect(statusesOf(result)).toEqual(["completed", "skipped"]);
      expect(turns).toEqual([]);
    });

    it("in the tick in which the handler settles, has one outcome: whichever came first", async () => {
      for (const abortFirst of [true, false]) {
        const gate = deferred<unknown>();
        const { host, running } = await start([plugin("waits", (_p, _c) => gate.promise)]);
        if (abortFirst) host.abort();
        gate.resolve({ metadata: { settled: true } });
        if (!abortFirst) host.abort();
        const result = await running;
        expect(result.violation).toEqual(aborted);
        expect(result.metadata).toEqual({});
        expect(result.executions).toHaveLength(1);
      }
    });

    it("after the run, changes nothing", async () => {
      const { host, running } = await start([plugin("waits", (_p, _c) => later(2))]);
      const result = await running;
      const before = bytesOf(result);
      host.abort();
      await rest();
      expect(bytesOf(result)).toBe(before);
      expect(result.continueProcessing).toBe(true);
    });

    it("has one outcome for a hundred handlers that settle during the abort", async () => {
      for (const ticks of [0, 1, 2, 3, 4, 5]) {
        const gate = deferred();
        const { host, running } = await start(
          Array.from({ length: 100 }, (_, i) =>
            plugin(
              `adds-${i}`,
              async (p, c, e) => gate.promise.then(() => adds(`L${i}`)(p, c, e)),
              {
                mode: "concurrent",
                extensions: true,
              },
            ),
          ),
        );
        gate.resolve();
        for (let i = 0; i < ticks; i++) await undefined;
        host.abort();
        const result = await running;
        const ended = statusesOf(result).filter((status) => status === "completed").length;
        expect(labelsOf(result)).toHaveLength(1 + ended);
      }
    });

    const listening = (signal: AbortSignal) => getEventListeners(signal, "abort").length;

    it("leaves no listener after every way a run can end", async () => {
      const ways: Record<string, Run> = {
        ends: (_p, _c) => later(2),
        denies: (_p, _c) => later(2).then(() => deny("no")),
        throws: (_p, _c) => later(2).then(() => Promise.reject(new Error("broken"))),
        hangs: never,
      };
      for (const [how, run] of Object.entries(ways)) {
        for (const mode of ["sequential", "concurrent"] as const) {
          const { host, running } = await start([
            plugin("waits", run, { extensions: false, timeoutMs: 15, mode }),
          ]);
          expect(listening(host.signal), how).toBe(1);
          await running;
          expect(listening(host.signal), how).toBe(0);
        }
      }
      const { host, running } = await start([plugin("hangs", never as Run, { extensions: false })]);
      host.abort();
      await running;
      expect(listening(host.signal)).toBe(0);
    });

    it("adds one listener a run, however many handlers it has, and none if nothing is awaited", async () => {
      const waits = Array.from({ length: 5 }, (_, i) => plugin(`waits-${i}`, (_p, _c) => later(1)));
      const { host, running } = await start(waits);
      expect(listening(host.signal)).toBe(1);
      await running;
      const atOnce = await start([tagger("at-once")]);
      expect(listening(atOnce.host.signal)).toBe(0);
      await atOnce.running;
    });
  },
);
