/** E: a whole hook compared with CPEX's `PluginExecutor.execute`, a deadline on each plugin. */
import assert from "node:assert/strict";
import { createPluginManager, definePlugin, type Extensions } from "glassine";
import { countsCalls, oursSide } from "../dispatch-sides.ts";
import { type Comparison, newLane, type Side } from "../harness.ts";
import { hook } from "../lane.ts";
import { freshEnvelope, payload, realisticEnvelope, threeCapabilities } from "../workloads.ts";
import { versusCpex } from "./peer.ts";
import { envelope } from "./workloads.ts";

const twoParameters = (n: number): Comparison =>
  versusCpex(
    "E1",
    `2-parameter async, deadline live, n = ${n}`,
    0.05,
    () => oursSide({ kind: "async", n }),
    { case: "execute", input: { kind: "two", plugins: n, capabilities: [], payload } },
  );

const threeParameters = (n: number): Comparison =>
  versusCpex(
    "E2",
    `3-parameter async, fresh envelope, deadline live, n = ${n}`,
    0.05,
    () => oursSide({ kind: "async3", n, envelope: "fresh" }),
    {
      case: "execute",
      input: { kind: "three", plugins: n, capabilities: threeCapabilities, payload, envelope },
    },
  );

const labelling = (n: number): Comparison =>
  versusCpex(
    "E3",
    `a label of each plugin, fresh envelope, deadline live, n = ${n}`,
    0.1,
    () => labellingSide(n),
    {
      case: "execute",
      input: { kind: "labels", plugins: n, capabilities: threeCapabilities, payload, envelope },
    },
  );

export const cpexExecutorComparisons: readonly Comparison[] = [
  twoParameters(1),
  twoParameters(5),
  twoParameters(20),
  twoParameters(100),
  threeParameters(1),
  threeParameters(5),
  threeParameters(20),
  threeParameters(100),
  labelling(5),
  labelling(20),
  labelling(100),
];

interface Result {
  readonly continueProcessing: boolean;
  readonly extensions: Extensions;
  readonly executions: readonly object[];
}

/** Each plugin sees the labels of those before it. Checks that exactly all labels arrived. */
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
