import { getEventListeners } from "node:events";
import process from "node:process";
import { deny } from "glassine";
import { expect, it } from "vitest";
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

/** What holds the process, by kind. */
function held(): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

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
      const before = held();
      const settings = { mode, extensions: false, timeoutMs: aborts ? 5000 : 15 } as const;
      const manager = await manage([plugin("ends", run, settings)]);
      const hosts = Array.from({ length: 20 }, () => new AbortController());
      const running = hosts.map(({ signal }) => manager.invoke(hook, call, { signal }));
      if (aborts) for (const host of hosts) host.abort();
      await Promise.all(running);
      // In the background a deadline outlives the abort; it does not keep the process.
      if (!aborts || mode !== "fire_and_forget") await manager.close();
      for (const { signal } of hosts) expect(getEventListeners(signal, "abort")).toEqual([]);
      expect(held()).toEqual(before);
    });
    await rest();
    expect(uncaught).toEqual([]);
  },
);
