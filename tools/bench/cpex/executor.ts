/** E: a whole hook compared with CPEX's `PluginExecutor.execute`, a deadline on each plugin. */
import assert from "node:assert/strict";
import { createPluginManager, definePlugin, type Extensions } from "glassine";
import { countsCalls, oursSide } from "../dispatch-sides.ts";
import { type Comparison, newLane, type Side } from "../harness.ts";
import { hook } from "../lane.ts";
import { freshEnvelope, payload, realisticEnvelope, threeCapabilities } from "../workloads.ts";
import { type Versus, versusCpex } from "./peer.ts";
import { envelope } from "./workloads.ts";

/** The plugins of a hook: with two parameters, with three, or with three and a label of their own. */
type Kind = "two" | "three" | "labels";

const workloads: Readonly<Record<Kind, string>> = {
  two: "2-parameter async, deadline live",
  three: "3-parameter async, fresh envelope, deadline live",
  labels: "a label of each plugin, fresh envelope, deadline live",
};
const sides: Readonly<Record<Kind, (n: number) => Promise<Side>>> = {
  two: (n) => oursSide({ kind: "async", n }),
  three: (n) => oursSide({ kind: "async3", n, envelope: "fresh" }),
  labels: labellingSide,
};

/** Returns what compares hooks with `n` plugins, for each `n`, with those of a CPEX. */
export const hooksVersus =
  (
    versus: Versus,
    given: { readonly capabilities: readonly string[]; readonly envelope: object },
    prefix = "",
  ) =>
  (id: string, kind: Kind, goal: number, counts: readonly number[]): readonly Comparison[] =>
    counts.map((plugins) => {
      const seen = kind === "two" ? { capabilities: [] } : given;
      const input = { kind, plugins, payload, ...seen };
      const ours = () => sides[kind](plugins);
      const workload = `${prefix}${workloads[kind]}, n = ${plugins}`;
      return versus(id, workload, goal, ours, { case: "execute", input });
    });

const hooks = hooksVersus(versusCpex, { capabilities: threeCapabilities, envelope });

export const cpexExecutorComparisons: readonly Comparison[] = [
  ...hooks("E1", "two", 0.05, [1, 5, 20, 100]),
  ...hooks("E2", "three", 0.05, [1, 5, 20, 100]),
  ...hooks("E3", "labels", 0.1, [5, 20, 100]),
];

interface Result {
  readonly continueProcessing: boolean;
  readonly extensions: Extensions;
  readonly executions: readonly object[];
}

/** Each plugin sees the labels of those before it. Checks that exactly all labels arrived. */
async function labellingSide(n: number): Promise<Side> {
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
