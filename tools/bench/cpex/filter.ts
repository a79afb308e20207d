/** F: the filter compared with CPEX's `filter_extensions`. */
import assert from "node:assert/strict";
import { type Capability, type Extensions, filterExtensions, resolveCapabilities } from "glassine";
import { countsCalls } from "../dispatch-sides.ts";
import { type Comparison, newLane, type Side } from "../harness.ts";
import { managerOf, payload, realisticEnvelope, threeCapabilities } from "../workloads.ts";
import { type PeerCase, versusCpex } from "./peer.ts";
import { allCapabilities, envelope } from "./workloads.ts";

const peerOf = (capabilities: readonly Capability[]): PeerCase => ({
  case: "filter",
  input: { envelope, capabilities },
});

const fresh = (id: string, workload: string, capabilities: readonly Capability[]): Comparison =>
  versusCpex(
    id,
    `filter, ${workload}, built fresh`,
    0.05,
    () => freshSide(capabilities),
    peerOf(capabilities),
  );

export const cpexFilterComparisons: readonly Comparison[] = [
  fresh("F1", "0 capabilities", []),
  fresh("F2", "3 capabilities", threeCapabilities),
  fresh("F3", "all capabilities", allCapabilities),
  versusCpex(
    "F4",
    "filter, 3 capabilities, same grant again: a plugin's whole turn",
    0.02,
    () => againSide(100),
    peerOf(threeCapabilities),
  ),
];

export async function freshSide(capabilities: readonly Capability[]): Promise<Side> {
  const { callEach } = await newLane();
  const grant = resolveCapabilities(capabilities);
  const operation = () => filterExtensions(realisticEnvelope, grant);
  return {
    run: (times) => callEach(times, operation),
    check: (last) => {
      assert.notEqual(last, operation(), "a view is built each time");
      checkView(last as Partial<Extensions>, capabilities);
    },
  };
}

/**
 * Views are shared only within an invocation. So this times an invocation with `n` plugins that
 * read the same fields, divided by `n`; it includes the call of each handler.
 */
async function againSide(n: number): Promise<Side> {
  const lane = await newLane();
  const manager = await managerOf(Array.from({ length: n }, () => lane.sync3()));
  const operation = lane.invokeWith(manager, payload, realisticEnvelope);
  return {
    run: (times) => lane.awaitEach(times, operation),
    check: countsCalls(lane, n),
    per: n,
  };
}

function checkView(view: Partial<Extensions>, granted: readonly Capability[]): void {
  const may = (name: Capability) => granted.includes(name);
  assert.equal(view.http !== undefined, may("read_headers"));
  assert.equal(view.agent !== undefined, may("read_agent"));
  assert.equal(view.delegation !== undefined, may("read_delegation"));
  assert.equal(view.security?.labels?.length ?? 0, may("append_labels") ? 4 : 0);
  assert.equal(view.security?.subject?.roles?.length ?? 0, may("read_roles") ? 5 : 0);
  assert.ok(Object.isFrozen(view) && Object.isFrozen(view.security));
}
