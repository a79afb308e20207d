/** D: dispatch against a bare loop over the same handlers, and against itself. */
import { type Bare, bareSide, type Kind, type Ours, oursSide } from "./dispatch-sides.ts";
import type { Comparison } from "./harness.ts";

export const dispatchComparisons: readonly Comparison[] = [
  compare(
    "D0",
    "no plugins, vs bare over no handlers",
    1.9,
    { kind: "sync", n: 0 },
    { bare: "sync", n: 0 },
  ),
  ...byCount("D1", "2-parameter sync", [1.1, 0.5, 0.4, 0.35], "sync", "sync"),
  ...byCount("D2", "2-parameter async, deadline live", [2.2, 1.95, 1.85, 1.8], "async", "async"),
  compare(
    "D3",
    "one async in five, deadline live, n = 20, vs bare",
    0.7,
    { kind: "mixed", n: 20 },
    { bare: "mixed", n: 20 },
  ),
  ...byCount("D4", "3-parameter sync, fresh envelope", [2.5, 1.2, 0.8, 0.6], "sync3", "sync"),
  compare(
    "D5",
    "3-parameter async, fresh envelope, deadline live, n = 20, vs bare",
    2.3,
    { kind: "async3", n: 20, envelope: "fresh" },
    { bare: "async", n: 20 },
  ),
  compare(
    "D6",
    "2-parameter sync, n = 20, with an envelope / with none",
    1.05,
    { kind: "sync", n: 20, envelope: "same" },
    { kind: "sync", n: 20 },
  ),
  compare(
    "D7",
    "deadline on / off, async, n = 20",
    1.4,
    { kind: "async", n: 20 },
    { kind: "async", n: 20, timeoutMs: null },
  ),
  compare(
    "D8",
    "deadline on / off, sync, n = 20",
    1.05,
    { kind: "sync", n: 20 },
    { kind: "sync", n: 20, timeoutMs: null },
  ),
];

/** One comparison for each of 1, 5, 20 and 100 handlers. */
function byCount(
  id: string,
  workload: string,
  goals: readonly [number, number, number, number],
  kind: Kind,
  bare: Bare["bare"],
): Comparison[] {
  const envelope = kind === "sync3" ? "fresh" : "none";
  return [1, 5, 20, 100].map((n, i) =>
    compare(
      id,
      `${workload}, n = ${n}, vs bare`,
      goals[i] as number,
      { kind, n, envelope },
      { bare, n },
    ),
  );
}

function compare(
  id: string,
  workload: string,
  goal: number,
  ours: Ours,
  baseline: Ours | Bare,
): Comparison {
  return {
    id,
    workload,
    goal,
    sides: async () => [
      await oursSide(ours),
      "bare" in baseline ? await bareSide(baseline) : await oursSide(baseline),
    ],
  };
}
