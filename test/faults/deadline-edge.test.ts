// A process of its own: it installs its own clock before the sources load.
// Only in test:all: it runs every order of events around a deadline.
import "./virtual-time.ts";
import { deny } from "glassine";
import {
  adds,
  type Deferred,
  deferred,
  labelsOf,
  manage,
  plugin,
  type Result,
  uncaughtDuring,
} from "../dispatch/support.ts";
import { EndCounter, invoke, timeoutMs } from "./plans.ts";
import "./end-of-loading.ts";
import { describe, expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";
import { advance, advanceInOneTurn, referencedTimers, time } from "./virtual-time.ts";

const runs = 10_000;
/** Milliseconds from the deadline at which a handler settles; the last is beyond any tolerance. */
const offsets = [-3, -1, -0.5, 0, 0.5, 1, 3, 6, 10, timeoutMs / 16 + 4] as const;
const hows = ["adds", "denies", "rejects"] as const;

interface Edge {
  readonly gate: Deferred<void>;
  readonly dueAt: number;
  readonly offset: number;
  readonly how: (typeof hows)[number];
}

/** Starts many runs, a few every quarter of a millisecond, and settles each near its deadline. */
async function settleAtTheEdge(
  mode: "sequential" | "concurrent" | "fire_and_forget",
  goOn: (ms: number) => Promise<void>,
) {
  const starting: Edge[] = [];
  const edge = plugin(
    "edge",
    async (payload, context, extensions) => {
      const mine = starting.shift() as Edge;
      await mine.gate.promise;
      if (mine.how === "rejects") throw new Error("at the edge");
      if (mine.how === "denies") return deny("at the edge");
      return adds("edge")(payload, context, extensions);
    },
    { timeoutMs, extensions: true, mode },
  );
  const manager = await manage([edge]);
  const ends = new EndCounter();
  const results: Promise<Result>[] = [];
  const edges: Edge[] = [];
  const open = new Set<Edge>();
  while (edges.length < runs || open.size > 0) {
    for (let i = 0; i < 10 && edges.length < runs; i += 1) {
      const offset = offsets[edges.length % offsets.length] as number;
      const how = hows[edges.length % hows.length] as Edge["how"];
      const next = { gate: deferred(), dueAt: time() + timeoutMs + offset, offset, how };
      edges.push(next);
      open.add(next);
      starting.push(next);
      results.push(ends.count(invoke(manager)));
    }
    for (const each of open) {
      if (each.dueAt > time()) continue;
      each.gate.resolve();
      open.delete(each);
    }
    await goOn(0.25);
  }
  await advance(2 * timeoutMs);
  return { manager, ends, edges, results: await Promise.all(results) };
}

const codes = { adds: undefined, denies: "denied", rejects: "handler_error" } as const;

/** What is wrong with a run: nothing if it had exactly one outcome, the right one. */
function oddity({ how, offset }: Edge, result: Result): string | undefined {
  const [record] = result.executions;
  const late = record?.status === "timeout";
  if (late && offset < 0) return "too early";
  if (!late && offset > timeoutMs / 16 + 2) return "too late";
  const code = late ? "handler_timeout" : codes[how];
  const labels = !late && how === "adds" ? "PII,edge" : "PII";
  const errors = late || how === "rejects" ? [code] : [];
  if (result.violation?.code !== code) return `decided by ${result.violation?.code}, not ${code}`;
  if (labelsOf(result).join() !== labels) return "other labels";
  if (result.errors.map((error) => error.code).join() !== errors.join()) return "other errors";
  return undefined;
}

/** Promises settle between two timers, or after all due timers. */
const turns = {
  "promises first": advance,
  "timers first": async (ms: number) => advanceInOneTurn(ms),
} as const;

describe("F-03: a handler settles just before or after its deadline, ten thousand times", () => {
  const cases = Object.entries(turns).flatMap(([order, goOn]) =>
    (["sequential", "concurrent"] as const).map((mode) => ({ mode, order, goOn })),
  );
  it.each(cases)("in mode $mode, $order", async ({ mode, goOn }) => {
    verifies("dispatch:timeout", "dispatch:timeout-late");
    const uncaught = await uncaughtDuring(async () => {
      const { manager, ends, edges, results } = await settleAtTheEdge(mode, goOn);
      const odd = results
        .map((result, at) => oddity(edges[at] as Edge, result))
        .filter((each) => each !== undefined);
      expect([...new Set(odd)]).toEqual([]);
      ends.expectComplete();
      expect(ends.started).toBe(runs);
      const late = results.filter(({ executions }) => executions[0]?.status === "timeout").length;
      expect(late).toBeGreaterThan(runs / 10);
      expect(late).toBeLessThan(runs - runs / 10);
      expect(await manager.close()).toMatchObject({ drained: true, late });
      expect(referencedTimers()).toBe(0);
    });
    expect(uncaught).toEqual([]);
  });

  it("in the background", async () => {
    const uncaught = await uncaughtDuring(async () => {
      const { manager, ends } = await settleAtTheEdge("fire_and_forget", advance);
      expect([ends.started, ends.allowed]).toEqual([runs, runs]);
      const { drained, background } = await manager.close();
      const { started, completed, failed, timedOut, pending } = background;
      expect([drained, started, pending]).toEqual([true, runs, 0]);
      expect(completed + failed + timedOut).toBe(runs);
      expect(Math.min(completed, failed, timedOut)).toBeGreaterThan(runs / 20);
    });
    expect(uncaught).toEqual([]);
  });
});
