// A process of its own: it counts the timers and listeners of the process.
import { getEventListeners } from "node:events";
import process from "node:process";
import { deny } from "glassine";
import { beforeAll, expect, it } from "vitest";
import {
  call,
  hook,
  later,
  manage,
  never,
  plugin,
  type Run,
  rest,
  uncaughtDuring,
} from "../dispatch/support.ts";
import { liveModes } from "./plans.ts";

/** How many timers keep the process alive. Those of the test runner come and go. */
const referencedTimers = () =>
  process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;
let usual = Number.POSITIVE_INFINITY;
beforeAll(async () => {
  for (let i = 0; i < 5; i += 1) {
    await rest();
    usual = Math.min(usual, referencedTimers());
  }
});

const endings: Readonly<Record<string, Run>> = {
  "end at once": (_p, _c) => undefined,
  "end later": (_p, _c) => later(1),
  deny: (_p, _c) => deny("no"),
  throw: (_p, _c) => {
    throw new Error("broken");
  },
  "reject later": (_p, _c) => later(1).then(() => Promise.reject(new Error("broken"))),
  "meet their deadline": (_p, _c) => never(),
  "are aborted": (_p, _c) => never(),
};
const cases = Object.entries(endings)
  .flatMap(([what, run]) => liveModes.map((mode) => ({ what, run, mode })))
  // A run that has its result already is not aborted.
  .filter(({ what, mode }) => what !== "are aborted" || mode !== "fire_and_forget");

it.each(cases)(
  "F-04: runs that $what in mode $mode leave no timer and no listener",
  async (each) => {
    const { what, run, mode } = each;
    const aborts = what === "are aborted";
    const uncaught = await uncaughtDuring(async () => {
      const timeoutMs = what === "meet their deadline" ? 15 : 20_000;
      const manager = await manage([plugin("ends", run, { mode, extensions: false, timeoutMs })]);
      const hosts = Array.from({ length: 20 }, () => new AbortController());
      const running = hosts.map(({ signal }) => manager.invoke(hook, call, { signal }));
      if (aborts) for (const host of hosts) host.abort();
      await Promise.all(running);
      // A background deadline outlives the abort; it does not keep the process alive.
      if (!aborts || mode !== "fire_and_forget") await manager.close();
      for (const { signal } of hosts) expect(getEventListeners(signal, "abort")).toEqual([]);
      let referenced = referencedTimers();
      for (let i = 0; i < 100 && referenced > usual; i += 1) {
        await rest();
        referenced = referencedTimers();
      }
      expect(referenced).toBeLessThanOrEqual(usual);
    });
    await rest();
    expect(uncaught).toEqual([]);
  },
);
