// A process of its own: it stops the clocks.
/** Failures: an ended process, stopped clocks and broken sinks. */
import { expect, it } from "vitest";
import {
  call,
  hook,
  manage,
  never,
  plugin,
  rest,
  runOnce,
  type ToolCall,
  tagger,
  uncaughtDuring,
} from "../dispatch/support.ts";
import { verifies } from "../support/verifies.ts";
import { attack, attackDoesNotApply } from "./attack.ts";

attackDoesNotApply(
  "A-156",
  "End the process, or block it with a loop that never yields",
  "Code in the same process can always do that. Run unreviewed plugins in a process of their own.",
);

const { setTimeout: timer, clearTimeout: stop, setImmediate: soon } = globalThis;
const { now: date } = Date;
const timers = Object.getPrototypeOf(timer(() => undefined)) as Record<string, unknown>;
const { ref, unref, refresh, close } = timers;

function restore(): void {
  Object.assign(globalThis, { setTimeout: timer, clearTimeout: stop, setImmediate: soon });
  Date.now = date;
  Object.assign(timers, { ref, unref, refresh, close });
  Reflect.deleteProperty(performance, "now");
}

const throws = () => {
  throw new Error("patched");
};
const performanceNow = (value: () => number) =>
  Object.defineProperty(performance, "now", { value, configurable: true });

const patches: Readonly<Record<string, () => void>> = {
  "setTimeout that never calls": () => {
    Object.assign(globalThis, { setTimeout: () => 0, setImmediate: () => 0 });
  },
  "clearTimeout that throws": () => {
    Object.assign(globalThis, { clearTimeout: throws });
  },
  "Date.now that stands still": () => {
    Date.now = () => 0;
  },
  "performance.now that stands still": () => {
    performanceNow(() => 0);
  },
  "performance.now that runs backwards": () => {
    let time = 1e9;
    performanceNow(() => {
      time -= 1000;
      return time;
    });
  },
  "performance.now that throws": () => {
    performanceNow(throws);
  },
  "ref of timers that clears them": () => {
    const clears = function (this: ReturnType<typeof setTimeout>) {
      stop(this);
      return this;
    };
    Object.assign(timers, { ref: clears, unref: clears, refresh: clears });
  },
  "ref of timers that throws": () => {
    Object.assign(timers, { ref: throws, unref: throws, refresh: throws, close: throws });
  },
};

attack(
  "A-157",
  "Replace `setTimeout`, `Date.now`, `performance.now` or timer methods to stop deadlines",
  "the deadlines hold, and so does the limit on closing",
  () => {
    it.each(Object.entries(patches))("%s", async (_what, patch) => {
      let runs = 0;
      const hangs = (name: string, settings: object) =>
        plugin(name, async (_p, _c) => (runs === 1 ? undefined : never()), {
          timeoutMs: 15,
          onError: "ignore",
          ...settings,
        });
      const patching = plugin("patches", (_p, _c) => {
        runs += 1;
        if (runs === 2) patch();
      });
      const plugins = [
        patching,
        hangs("alone", {}),
        hangs("beside", { mode: "concurrent" }),
        hangs("behind", { mode: "fire_and_forget", timeoutMs: null }),
      ];
      const manager = await manage(plugins, { audit: { strict: true, sink: () => {} } });
      // The first run leaves an idle timer, which the second one reuses.
      await manager.invoke(hook, call);
      await rest();
      try {
        const { errors } = await manager.invoke(hook, call);
        const report = await manager.close({ timeoutMs: 15 });
        restore();
        expect(errors.map((error) => [error.plugin, error.code])).toEqual([
          ["alone", "handler_timeout"],
          ["beside", "handler_timeout"],
        ]);
        expect(report).toMatchObject({ drained: false, background: { pending: 1 } });
      } finally {
        restore();
      }
    });
  },
);

attack(
  "A-158",
  "Make a sink of the host throw, by throwing a value that it cannot log",
  "the request has the same outcome as with a working sink",
  () => {
    const sinks = {
      throws: () => {
        throw new Error("sink");
      },
      "reads what was thrown": (thrown: unknown) => void (thrown as ToolCall).args.a,
    };
    const cases = Object.entries(sinks).flatMap(([how, onHandlerError]) =>
      (["sequential", "transform", "audit", "concurrent"] as const).flatMap((mode) =>
        (["fail", "ignore", "disable"] as const).map((onError) => ({
          how,
          onHandlerError,
          mode,
          onError,
        })),
      ),
    );
    it.each(cases)("a sink that $how, in mode $mode with $onError", async (each) => {
      verifies("dispatch:thrown-to-host");
      const { mode, onError, onHandlerError } = each;
      const breaks = plugin("breaks", (_p, _c) => Promise.reject(null), { mode, onError });
      const plugins = [tagger("before"), breaks, tagger("after", { mode: "concurrent" })];
      const uncaught = await uncaughtDuring(async () => {
        const expected = await runOnce(plugins);
        const result = await runOnce(plugins, {}, { onHandlerError });
        expect(JSON.stringify({ ...result, context: 0 })).toBe(
          JSON.stringify({ ...expected, context: 0 }),
        );
        expect(result.errors).toMatchObject([{ plugin: "breaks", code: "handler_error" }]);
        expect(result.continueProcessing).toBe(onError !== "fail");
      });
      expect(uncaught).toEqual([]);
    });
  },
);
