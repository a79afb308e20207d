/** T: a whole turn, compared with CPEX's `filter_extensions` and `merge_extensions`. */
import assert from "node:assert/strict";
import {
  type Capability,
  type Extensions,
  filterExtensions,
  mergeExtensions,
  resolveCapabilities,
} from "glassine";
import { type Comparison, newLane, type Side } from "../harness.ts";
import { realisticEnvelope, threeCapabilities } from "../workloads.ts";
import { type Edit, edits, type FullView } from "./edits.ts";
import { type PeerEdit, versusCpex } from "./peer.ts";
import { allCapabilities, envelope } from "./workloads.ts";

type Grant = readonly Capability[];

const turning = (
  id: string,
  workload: string,
  goal: number,
  edit: Edit,
  peer: PeerEdit,
  grant: Grant,
): Comparison =>
  versusCpex(id, `turn, ${workload}, fresh`, goal, () => turnSide(edit, grant), {
    case: "turn",
    input: { envelope, capabilities: grant, edit: peer },
  });

export const cpexTurnComparisons: readonly Comparison[] = [
  turning("T1", "read-only", 0.1, edits.none, "none", threeCapabilities),
  turning("T2", "label, by a helper", 0.2, edits.labelByHelper, "label", threeCapabilities),
  turning("T2", "label, by hand", 0.6, edits.labelByHand, "label", threeCapabilities),
  turning("T2", "label, by amend", 1, edits.labelByAmend, "label", threeCapabilities),
  turning("T3", "header, by a helper", 0.2, edits.headerByHelper, "header", allCapabilities),
  turning("T3", "header, by hand", 0.6, edits.headerByHand, "header", allCapabilities),
];

async function turnSide({ make, arrived }: Edit, names: Grant): Promise<Side> {
  const { callEach } = await newLane();
  const grant = resolveCapabilities(names);
  const turn = () => {
    const view = filterExtensions(realisticEnvelope, grant) as FullView;
    return mergeExtensions(realisticEnvelope, make(view), grant, { view });
  };
  return { run: (times) => callEach(times, turn), check: checkMerged(arrived) };
}

function checkMerged(arrived: Edit["arrived"]): Side["check"] {
  return (last) => {
    const { extensions, rejections } = last as ReturnType<typeof mergeExtensions<Extensions>>;
    assert.deepEqual(rejections, []);
    arrived(extensions);
    assert.equal(extensions.request, realisticEnvelope.request, "what is hidden or fixed is kept");
    assert.equal(extensions.agent, realisticEnvelope.agent);
    assert.ok(Object.isFrozen(extensions));
  };
}
