/** S: a hook with more plugins, larger payloads, or more invocations in flight. */
import assert from "node:assert/strict";
import type { Capability } from "glassine";
import { freezePayload } from "glassine/messages";
import { countsCalls, handlersOf, oursSide } from "./dispatch-sides.ts";
import { type Comparison, newLane, type Side } from "./harness.ts";
import type { Handler, Payload } from "./lane.ts";
import { managerOf, payload, threeCapabilities } from "./workloads.ts";

/** A hook with `n` plugins, timed per plugin. `grants` is the number of different grants. */
export async function pluginsSide(n: number, grants: 1 | 64): Promise<Side> {
  const side = await oursSide({
    kind: "sync3",
    n,
    envelope: "fresh",
    grants: grants === 1 ? [threeCapabilities] : differentGrants,
  });
  return { ...side, per: n };
}

const free = [
  "read_roles",
  "read_teams",
  "read_claims",
  "read_permissions",
  "read_labels",
  "read_delegation",
] as const satisfies readonly Capability[];

/** Headers, which handlers read, plus each subset of six more capabilities: 64 different views. */
const differentGrants: readonly (readonly Capability[])[] = Array.from(
  { length: 64 },
  (_, bits) => ["read_headers", ...free.filter((_, i) => (bits & (1 << i)) !== 0)],
);

/** Returns a frozen payload with about this many bytes of text. */
function payloadOf(bytes: number): Payload {
  const rowBytes = Math.min(bytes, 1000);
  const rows = Array.from({ length: bytes / rowBytes }, (_, i) => ({
    i,
    text: "x".repeat(rowBytes),
  }));
  return freezePayload({ name: "get_weather", args: { id: 1, rows } });
}

/** Five plugins with a payload of `bytes` bytes. */
export async function payloadSide(bytes: number): Promise<Side> {
  const lane = await newLane();
  const handlers = handlersOf(lane, "sync", 5);
  const operation = lane.invoke(await managerOf(handlers), payloadOf(bytes));
  const first = (await operation()) as { readonly payload: object };
  assert.ok(JSON.stringify(first.payload).length >= bytes);
  const everyHandlerRan = countsCalls(lane, 5);
  return {
    run: (times) => lane.awaitEach(times, operation),
    check: (last, times) => {
      assert.equal((last as typeof first).payload, first.payload, "passed by reference");
      everyHandlerRan(last, times);
    },
  };
}

/** `k` invocations in flight, each of five handlers that wait once, timed per invocation. */
export async function inFlightSides(k: number): Promise<readonly [ours: Side, bare: Side]> {
  return [await inFlightSide(k, "ours"), await inFlightSide(k, "bare")];
}

async function inFlightSide(k: number, whose: "ours" | "bare"): Promise<Side> {
  const lane = await newLane();
  const handlers = handlersOf(lane, "waiting", 5) as Handler[];
  const context = Object.freeze({});
  const manager = await managerOf(handlers);
  const one =
    whose === "ours" ? lane.invoke(manager, payload) : () => lane.bare(handlers, payload, context);
  const operation = lane.inFlight(k, one);
  const everyHandlerRan = countsCalls(lane, 5 * k);
  return {
    per: k,
    run: (times) => lane.awaitEach(times, operation),
    check: (last, times) => {
      everyHandlerRan(last, times);
      if (whose === "bare") return;
      const { executions } = last as {
        readonly executions: readonly { readonly status: string }[];
      };
      assert.deepEqual(
        executions.map(({ status }) => status),
        Array(5).fill("completed"),
      );
    },
  };
}

export const scaleDispatchComparisons: readonly Comparison[] = [
  {
    id: "S1",
    workload: "plugins 10 to 1000, one grant, cost of one plugin",
    goal: 1,
    sides: async () => [await pluginsSide(1000, 1), await pluginsSide(10, 1)],
  },
  {
    id: "S2",
    workload: "plugins 10 to 1000, 64 grants, cost of one plugin",
    goal: 1,
    sides: async () => [await pluginsSide(1000, 64), await pluginsSide(10, 64)],
  },
  {
    id: "S8",
    workload: "payload 100 B to 5 MB, 5 plugins",
    goal: 1.1,
    sides: async () => [await payloadSide(5_000_000), await payloadSide(100)],
  },
  ...[1, 10, 100, 1000, 10_000].map((k) => ({
    id: "S9",
    workload: `${k} in flight, 5 handlers that wait, vs bare`,
    goal: 2,
    sides: () => inFlightSides(k),
  })),
];
