/** H: memory held by invocations in flight and by retained results. */
import assert from "node:assert/strict";
import { createExtensions, type Extensions, encodeExtensions } from "glassine";
import { newLane } from "./harness.ts";
import { type Gate, type Handler, type Handler3, hook, type Lane } from "./lane.ts";
import type { Holder, SizedComparison } from "./memory-harness.ts";
import { freshEnvelope, managerOf, payload, realisticEnvelope } from "./workloads.ts";

const handlersEach = 5;
/** How many handlers run before the one that blocks. */
const before = 2;

/** Returns a function that starts one invocation of five handlers; the third waits at the gate. */
type Start = (lane: Lane, gate: Gate) => Promise<() => Promise<unknown>>;

export const ours: Start = async (lane, gate) => {
  const manager = await managerOf(blockedHandlers(lane, gate));
  return lane.invoke(manager, payload);
};

const oursWithEnvelope: Start = async (lane, gate) => {
  const { async3 } = lane;
  const manager = await managerOf([async3(), async3(), lane.gated3(gate), async3(), async3()]);
  return lane.invokeFresh(manager, payload, freshEnvelope);
};

export const bare: Start = async (lane, gate) => {
  const handlers = blockedHandlers(lane, gate);
  const context = Object.freeze({});
  return () => lane.bare(handlers, payload, context);
};

const raced: Start = async (lane, gate) => {
  const handlers = blockedHandlers(lane, gate);
  return () => lane.raced(handlers, payload);
};

function blockedHandlers({ async, gated }: Lane, gate: Gate): Handler[] {
  return [async(), async(), gated(gate), async(), async()];
}

/** Holds invocations in flight. All end when they are released. */
export async function inFlight(start: Start): Promise<Holder> {
  const lane = await newLane();
  const gate: Gate = { opened: Promise.resolve() };
  const one = await start(lane, gate);
  return async (count) => {
    const seen = lane.calls();
    let open = () => {};
    gate.opened = new Promise((resolve) => {
      open = resolve;
    });
    const running = Array.from({ length: count }, one);
    return {
      check: () => assert.equal(lane.calls() - seen, before * count, "each waits at the third"),
      release: async () => {
        open();
        await Promise.all(running);
        assert.equal(lane.calls() - seen, handlersEach * count, "each went on to the end");
      },
    };
  };
}

/** Holds what a host keeps: results of five handlers, all over the same envelope. */
async function results(
  handlersOf: (lane: Lane) => readonly object[],
  check: (extensions: Extensions) => void,
): Promise<Holder> {
  const lane = await newLane();
  const manager = await managerOf(handlersOf(lane) as Handler3[]);
  return async (count) => {
    const kept: Result[] = [];
    for (let i = 0; i < count; i += 1) {
      kept.push(await manager.invoke(hook, payload, { extensions: realisticEnvelope }));
    }
    return {
      check: () => {
        assert.equal(new Set(kept).size, count);
        for (const { extensions, executions } of kept) {
          assert.equal(executions.length, handlersEach);
          check(extensions);
        }
      },
      // The engine may keep this closure alive during the next measurement.
      release: () => {
        kept.length = 0;
      },
    };
  };
}

interface Result {
  readonly extensions: Extensions;
  readonly executions: readonly object[];
}

export const unchanged = () =>
  results(
    ({ sync3 }) => Array.from({ length: handlersEach }, sync3),
    (extensions) => assert.equal(extensions, realisticEnvelope),
  );

export const labelled = () =>
  results(
    ({ sync3, labeller }) => [sync3(), sync3(), labeller("ADDED"), sync3(), sync3()],
    ({ security, agent }) => {
      assert.ok(security?.labels.includes("ADDED"));
      assert.equal(agent, realisticEnvelope.agent, "what did not change is shared");
    },
  );

/** Holds separate envelopes. They share their strings, so they are as small as envelopes get. */
export async function envelopes(): Promise<Holder> {
  const input = JSON.parse(encodeExtensions(realisticEnvelope)) as Extensions;
  return async (count) => {
    const kept = Array.from({ length: count }, () => createExtensions(input));
    return {
      check: () => assert.equal(new Set(kept.map(({ security }) => security)).size, count),
      // The engine may keep this closure alive during the next measurement.
      release: () => {
        kept.length = 0;
      },
    };
  };
}

/** Single comparisons, because each needs a process of its own. */
export const memoryComparisons: readonly SizedComparison[] = [
  {
    id: "H1",
    workload: "bytes in flight, 2-parameter async, n = 5, third blocked, vs bare",
    goal: 1.8,
    figure: "held",
    sides: async () => [await inFlight(ours), await inFlight(bare)],
  },
  {
    id: "H2",
    workload: "bytes in flight, 3-parameter, envelope of its own, vs bare",
    goal: 2.5,
    figure: "held",
    sides: async () => [await inFlight(oursWithEnvelope), await inFlight(bare)],
  },
  {
    id: "H3",
    workload: "bytes in flight, vs AbortController, setTimeout and race for each",
    goal: 0.5,
    figure: "held",
    sides: async () => [await inFlight(ours), await inFlight(raced)],
  },
  {
    id: "H4",
    workload: "bytes of a kept result, nothing changed, vs one envelope",
    goal: 0.1,
    figure: "held",
    sides: async () => [await unchanged(), await envelopes()],
  },
  {
    id: "H5",
    workload: "bytes of a kept result, one label appended, vs one envelope",
    goal: 0.5,
    figure: "held",
    sides: async () => [await labelled(), await envelopes()],
  },
  // Nothing should be left except what the engine itself keeps; so little is noise.
  {
    id: "H7",
    workload: "bytes left after all in flight has finished, vs in flight",
    goal: 0.005,
    figure: "left",
    sides: async () => [await inFlight(ours), null],
  },
];
