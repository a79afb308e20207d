/** The curves: plugins, envelope, payload, invocations in flight, retained memory. */

import { bareSide } from "../dispatch-sides.ts";
import type { Side } from "../harness.ts";
import { timesOf } from "../harness.ts";
import { bare, envelopes, inFlight, labelled, ours, unchanged } from "../memory.ts";
import { type Holder, newScales } from "../memory-harness.ts";
import { medianOf } from "../rows.ts";
import { inFlightSides, payloadSide, pluginsSide } from "../scale-dispatch.ts";
import { type Grown, turnSide } from "../scale-turns.ts";
import type { Curve, Series } from "./curve.ts";

/** Curves by the NAME of their files: tools/bench/results/NAME.json and docs/curves/NAME.svg. */
export const curves: Readonly<Record<string, Curve>> = {
  plugins: {
    title: "A hook over more plugins, a fresh envelope each time",
    x: "plugins",
    y: "µs an invocation",
    scale: "log",
    measure: async (rounds) => {
      const counts = [1, 3, 10, 30, 100, 300, 1000];
      // The bare loop runs handlers that take no extensions.
      return [
        await timed(
          "one grant",
          counts,
          whole((n) => pluginsSide(n, 1)),
          rounds,
        ),
        await timed(
          "64 grants",
          counts,
          whole((n) => pluginsSide(n, 64)),
          rounds,
        ),
        await timed("bare loop", counts, (n) => bareSide({ bare: "sync", n }), rounds),
      ];
    },
  },
  envelope: {
    title: "Filter and merge of a larger envelope, nothing changed",
    x: "entries",
    y: "µs a turn",
    scale: "linear",
    measure: async (rounds) => {
      const turns = (grown: Grown, counts: readonly number[]) =>
        timed(grown, counts, (count) => turnSide({ grown, count }), rounds);
      return [
        await turns("claims", [10, 100, 1000, 10_000]),
        await turns("headers", [10, 100, 1000]),
        await turns("labels", [1, 4, 16, 64, 256]),
        await turns("hops", [2, 10, 100, 1000]),
      ];
    },
  },
  payload: {
    title: "Five plugins and a larger payload",
    x: "bytes",
    y: "µs an invocation",
    scale: "linear",
    measure: async (rounds) => [
      await timed("ours", [100, 1000, 10_000, 100_000, 1_000_000, 5_000_000], payloadSide, rounds),
    ],
  },
  "in-flight": {
    title: "Invocations in flight, five handlers that wait",
    x: "in flight",
    y: "µs an invocation",
    scale: "linear",
    measure: async (rounds) => {
      const counts = [1, 10, 100, 1000, 10_000];
      return [
        await timed("ours", counts, async (k) => (await inFlightSides(k))[0], rounds),
        await timed("bare loop", counts, async (k) => (await inFlightSides(k))[1], rounds),
      ];
    },
  },
  memory: {
    title: "Memory that invocations in flight and kept results hold",
    x: "held",
    y: "MB",
    scale: "log",
    measure: async (rounds) => {
      const counts = [100, 1000, 10_000, 30_000];
      return [
        await weighed("in flight", counts, await inFlight(ours), rounds),
        await weighed("in flight, bare", counts, await inFlight(bare), rounds),
        await weighed("results", counts, await unchanged(), rounds),
        await weighed("results, one label more", counts, await labelled(), rounds),
        await weighed("envelopes", counts, await envelopes(), rounds),
      ];
    },
  },
};

/** Reports the time of all plugins together for a side that would report it per plugin. */
function whole(sideOf: (n: number) => Promise<Side>): (n: number) => Promise<Side> {
  return async (n) => ({ ...(await sideOf(n)), per: 1 });
}

/** Measures microseconds at each size. */
async function timed(
  name: string,
  sizes: readonly number[],
  sideOf: (size: number) => Promise<Side>,
  rounds: number,
): Promise<Series> {
  const sides: Side[] = [];
  for (const size of sizes) sides.push(await sideOf(size));
  const took = await timesOf(sides, rounds);
  return { name, points: sizes.map((x, i) => ({ x, y: rounded((took[i] ?? Number.NaN) / 1000) })) };
}

/** Measures megabytes at each count. */
async function weighed(
  name: string,
  counts: readonly number[],
  holder: Holder,
  rounds: number,
): Promise<Series> {
  const weigh = await newScales();
  await weigh(holder, counts.at(-1));
  const points: Series["points"][number][] = [];
  for (const count of counts) {
    const each: number[] = [];
    for (let round = 0; round < rounds; round += 1) each.push((await weigh(holder, count)).held);
    points.push({ x: count, y: rounded((medianOf(each) * count) / 1e6) });
  }
  return { name, points };
}

/** Rounds to four digits; more would be noise. */
const rounded = (value: number): number => Number(value.toPrecision(4));
