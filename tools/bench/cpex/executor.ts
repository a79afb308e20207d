/** E: a whole hook against `PluginExecutor.execute` of CPEX, each plugin under a deadline. */
import assert from "node:assert/strict";
import { createPluginManager, definePlugin, type Extensions } from "glassine";
import { countsCalls, oursSide } from "../dispatch-sides.ts";
import { type Comparison, newLane, type Side } from "../harness.ts";
import { hook } from "../lane.ts";
import { freshEnvelope, payload, realisticEnvelope, threeCapabilities } from "../workloads.ts";
import { versusCpex } from "./peer.ts";
import { envelope } from "./workloads.ts";

const twoParameters = (n: number, goal: number): Comparison =>
  versusCpex(
    "E1",
    `2-parameter async, deadline live, n = ${n}`,
    goal,
    () => oursSide({ kind: "async", n }),
    { case: "execute", input: { kind: "two", plugins: n, capabilities: [], payload } },
  );

const threeParameters = (n: number, goal: number): Comparison =>
  versusCpex(
    "E2",
    `3-parameter async, fresh envelope, deadline live, n = ${n}`,
    goal,
    () => oursSide({ kind: "async3", n, envelope: "fresh" }),
    {
      case: "execute",
      input: { kind: "three", plugins: n, capabilities: threeCapabilities, payload, envelope },
    },
  );

const labelling = (n: number, goal: number): Comparison =>
  versusCpex(
    "E3",
    `a label of each plugin, fresh envelope, deadline live, n = ${n}`,
    goal,
    () => labellingSide(n),
    {
      case: "execute",
      input: { kind: "labels", plugins: n, capabilities: threeCapabilities, payload, envelope },
    },
  );

export const cpexExecutorComparisons: readonly Comparison[] = [
  twoParameters(1, 0.01),
  twoParameters(5, 0.01),
  twoParameters(20, 0.01),
  twoParameters(100, 0.01),
  threeParameters(1, 0.03),
  threeParameters(5, 0.012),
  threeParameters(20, 0.008),
  threeParameters(100, 0.006),
  labelling(5, 0.04),
  labelling(20, 0.04),
  labelling(100, 0.04),
];

interface Result {
  readonly continueProcessing: boolean;
  readonly extensions: Extensions;
  readonly executions: readonly object[];
}

/** Each plugin sees the labels of those before it; all of them, and nothing else, are there. */
export async function labellingSide(n: number): Promise<Side> {
  const lane = await newLane();
  const labels = Array.from({ length: n }, (_, i) => `ADDED_${i}`);
  const plugins = labels.map((label, i) =>
    definePlugin({
      name: `plugin-${i}`,
      version: "1.0.0",
      capabilities: threeCapabilities,
      hooks: { [hook]: lane.labeller(label) },
    }),
  );
  const manager = await createPluginManager({ plugins });
  const everyHandlerRan = countsCalls(lane, n);
  const operation = lane.invokeFresh(manager, payload, freshEnvelope);
  const before = realisticEnvelope.security?.labels ?? [];
  return {
    run: (times) => lane.awaitEach(times, operation),
    check: (last, times) => {
      everyHandlerRan(last, times);
      const { continueProcessing, extensions, executions } = last as Result;
      assert.equal(continueProcessing, true);
      assert.equal(executions.length, n);
      assert.deepEqual(extensions.security?.labels, [...before, ...labels].sort());
    },
  };
}
