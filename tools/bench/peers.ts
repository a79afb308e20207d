/** D: dispatch compared with other packages that run the same handlers. */
import { createHooks } from "hookable";
import compose from "koa-compose";
import { AsyncSeriesWaterfallHook } from "tapable";
import { countsCalls, handlersOf, type Ours, oursSide } from "./dispatch-sides.ts";
import { type Comparison, newLane, type Side } from "./harness.ts";
import type { Handler, Lane } from "./lane.ts";
import { payload } from "./workloads.ts";

/** Registers `n` handlers of a lane with a peer and returns a function that calls it once. */
type Peer = (lane: Lane, n: number) => () => Promise<unknown>;

const context = Object.freeze({});

const together =
  (kind: "sync" | "async"): Peer =>
  (lane, n) => {
    const handlers = handlersOf(lane, kind, n) as Handler[];
    return () => lane.together(handlers, payload, context);
  };

const hookable: Peer = (lane, n) => {
  const hooks = createHooks<{ readonly run: Handler }>();
  for (const handler of handlersOf(lane, "async", n)) hooks.hook("run", handler as Handler);
  // `callHook` returns a promise if a handler does.
  return () => hooks.callHook("run", payload, context) as Promise<unknown>;
};

const koaCompose: Peer = (lane, n) => {
  const composed = compose(Array.from({ length: n }, lane.middleware));
  return () => composed(context);
};

const tapable =
  (kind: "sync" | "async"): Peer =>
  (lane, n) => {
    const waterfall = new AsyncSeriesWaterfallHook<[object, object], void>(["p", "c"]);
    for (const [i, handler] of (handlersOf(lane, kind, n) as Handler[]).entries()) {
      if (kind === "sync") waterfall.tap(`tap-${i}`, handler as (p: object, c: object) => void);
      else waterfall.tapPromise(`tap-${i}`, handler as (p: object, c: object) => Promise<void>);
    }
    return () => waterfall.promise(payload, context);
  };

export const peerComparisons: readonly Comparison[] = [
  ...byCount("D10", "2-parameter async", "hookable", hookable, { 5: 0.8, 20: 0.8, 100: 0.8 }),
  ...byCount("D11", "2-parameter async", "koa-compose", koaCompose, { 20: 1.2, 100: 1.2 }),
  ...byCount("D12", "2-parameter async", "tapable, tapPromise", tapable("async"), {
    5: 2,
    20: 1.6,
    100: 1.3,
  }),
  compare(
    "D12",
    "2-parameter sync, n = 20, vs tapable, sync taps",
    null,
    { kind: "sync", n: 20 },
    tapable("sync"),
  ),
  compare(
    "D13",
    "concurrent, 2-parameter sync, n = 20, vs Promise.all(map)",
    0.8,
    { kind: "sync", n: 20, mode: "concurrent" },
    together("sync"),
  ),
  compare(
    "D14",
    "concurrent, 2-parameter async, deadline live, n = 20, vs Promise.all(map)",
    4,
    { kind: "async", n: 20, mode: "concurrent" },
    together("async"),
  ),
];

/** Makes one comparison for each number of handlers in `goals`. */
function byCount(
  id: string,
  workload: string,
  name: string,
  peer: Peer,
  goals: Readonly<Record<number, number>>,
): Comparison[] {
  return Object.entries(goals).map(([n, goal]) =>
    compare(id, `${workload}, n = ${n}, vs ${name}`, goal, { kind: "async", n: Number(n) }, peer),
  );
}

function compare(
  id: string,
  workload: string,
  goal: number | null,
  ours: Ours,
  peer: Peer,
): Comparison {
  return {
    id,
    workload,
    goal,
    sides: async () => [await oursSide(ours), await peerSide(peer, ours.n)],
  };
}

async function peerSide(peer: Peer, n: number): Promise<Side> {
  const lane = await newLane();
  const operation = peer(lane, n);
  return {
    run: (times) => lane.awaitEach(times, operation),
    check: countsCalls(lane, n),
  };
}
