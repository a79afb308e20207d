/** Failures: work in the background. */
import { expect, it } from "vitest";
import {
  call,
  deferred,
  hook,
  manage,
  never,
  plugin,
  type Run,
  rest,
  tagger,
  uncaughtDuring,
} from "../dispatch/support.ts";
import { attack } from "./attack.ts";

const mode = "fire_and_forget";
const blank = { started: 0, completed: 0, failed: 0, timedOut: 0, dropped: 0, pending: 0 };
const settings = { mode, extensions: false, timeoutMs: 250, onError: "fail" } as const;

const late = deferred();
const failures: Readonly<Record<string, Run>> = {
  throws: (_p, _c) => {
    throw new Error("broken");
  },
  rejects: async (_p, _c) => {
    await rest();
    throw new Error("broken");
  },
  hangs: never,
  "rejects-late": async (_p, _c) => {
    await late.promise;
    throw new Error("late");
  },
};

attack(
  "A-150",
  "Throw, reject or hang in the background, where nobody waits",
  "counted and reported once, never unhandled; closing waits up to a limit and reports the rest",
  () => {
    it("in all ways at once", async () => {
      const reported: unknown[] = [];
      const uncaught = await uncaughtDuring(async () => {
        const manager = await manage(
          Object.entries(failures).map(([name, run]) => plugin(name, run, settings)),
          { onHandlerError: (thrown, at) => reported.push([String(thrown), at.plugin]) },
        );
        const result = await manager.invoke(hook, call);
        expect(result.continueProcessing).toBe(true);
        expect(result.errors).toEqual([]);
        const { background, drained } = await manager.close();
        expect(drained).toBe(true);
        expect(background).toEqual({ ...blank, started: 4, failed: 2, timedOut: 2 });
        late.resolve();
      });
      expect(uncaught).toEqual([]);
      expect(reported).toEqual([
        ["Error: broken", "throws"],
        ["Error: broken", "rejects"],
      ]);
    });

    it("forever: closing stops waiting at its limit and reports what is still running", async () => {
      const manager = await manage([
        plugin("hangs", never, { ...settings, timeoutMs: null }),
        tagger("ends", { mode }),
      ]);
      await manager.invoke(hook, call);
      await manager.invoke(hook, call);
      const report = await manager.close({ timeoutMs: 20 });
      expect(report).toMatchObject({
        drained: false,
        background: { ...blank, started: 4, completed: 2, pending: 2 },
      });
    });
  },
);
