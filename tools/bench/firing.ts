/** PH: the slowest of a hundred firings, where handlers do next to nothing. */
import assert from "node:assert/strict";
import { performance } from "node:perf_hooks";
import { countsCalls, handlersOf } from "./dispatch-sides.ts";
import { newLane } from "./harness.ts";
import { votersOf } from "./operations.ts";
import { type Group, type Named, type Row, rowOf } from "./rows.ts";
import { managerOf, payload } from "./workloads.ts";

interface Firing extends Named {
  /** Makes what fires the hook once, and what throws unless it all ran. */
  readonly fired: () => Promise<{
    readonly fire: () => Promise<unknown>;
    readonly check: (last: unknown, times: number) => void;
  }>;
}

const firings = 5000;
const counts = [0, 1, 3];

const comparisons: readonly Firing[] = [
  ...counts.map((n) => ({
    id: "PH-048",
    workload: `p99 of 5000 firings, voting, n = ${n}, in µs`,
    goal: 10,
    fired: () => votersOf(n),
  })),
  ...counts.map((n) => ({
    id: "PH-048",
    workload: `p99 of 5000 firings, 2-parameter sync, n = ${n}, in µs`,
    goal: 10,
    fired: () => handlersOfMessages(n),
  })),
];

async function handlersOfMessages(n: number) {
  const lane = await newLane();
  const manager = await managerOf(handlersOf(lane, "sync", n));
  return { fire: lane.invoke(manager, payload), check: countsCalls(lane, n) };
}

export const firing: Group = {
  comparisons,
  measure: async (isWanted, rounds) => {
    const rows: Row[] = [];
    for (const comparison of comparisons.filter(isWanted)) {
      const { fire, check } = await comparison.fired();
      const p99s: number[] = [];
      await p99Of(fire, check);
      for (let round = 0; round < rounds; round += 1) p99s.push(await p99Of(fire, check));
      const figures = p99s.map((ns) => ns / 1000);
      rows.push(rowOf(comparison, { ours: p99s, baseline: null, unit: "ns", figures }));
    }
    return rows;
  },
};

/** Nanoseconds by the clock: in this order of magnitude no other measure is fine enough. */
async function p99Of(
  fire: () => Promise<unknown>,
  check: (last: unknown, times: number) => void,
): Promise<number> {
  const took = new Float64Array(firings);
  let last: unknown;
  for (let i = 0; i < firings; i += 1) {
    const start = performance.now();
    last = await fire();
    took[i] = performance.now() - start;
  }
  check(last, firings);
  took.sort();
  const p99 = took[Math.floor(firings * 0.99)];
  assert.ok(p99 !== undefined && p99 > 0);
  return p99 * 1e6;
}
