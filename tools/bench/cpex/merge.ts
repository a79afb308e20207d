/** M and T: the merge, and a whole turn, against `merge_extensions` and `filter_extensions`. */
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

const merging = (
  id: string,
  workload: string,
  goal: number,
  edit: Edit,
  peer: PeerEdit,
  grant: Grant = allCapabilities,
): Comparison =>
  versusCpex(id, `merge, ${workload}`, goal, () => mergeSide(edit, grant), {
    case: "merge",
    input: { envelope, capabilities: grant, edit: peer },
  });

export const cpexMergeComparisons: readonly Comparison[] = [
  merging("M1", "the very view came back", 0.006, edits.none, "none"),
  merging("M2", "one label appended, by a helper", 0.08, edits.labelByHelper, "label"),
  merging("M2", "one label appended, by hand", 0.7, edits.labelByHand, "label"),
  merging("M3", "one header set, by a helper", 0.12, edits.headerByHelper, "header"),
  merging("M3", "one header set, by hand", 0.9, edits.headerByHand, "header"),
  merging("M4", "one hop appended, by a helper", 0.06, edits.hopByHelper, "hop"),
  merging("M4", "one hop appended, by hand", 1.1, edits.hopByHand, "hop"),
  merging("M5", "custom replaced, by a helper", 0.07, edits.customByHelper, "custom", []),
  merging("M5", "custom replaced, by hand", 0.8, edits.customByHand, "custom", []),
  merging("M6", "equal but distinct copy of everything", 3, edits.copy, "copy"),
];

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
  turning("T1", "read-only", 0.02, edits.none, "none", threeCapabilities),
  turning("T2", "label, by a helper", 0.06, edits.labelByHelper, "label", threeCapabilities),
  turning("T2", "label, by hand", 0.25, edits.labelByHand, "label", threeCapabilities),
  turning("T2", "label, by amend", 0.55, edits.labelByAmend, "label", threeCapabilities),
  turning("T3", "header, by a helper", 0.06, edits.headerByHelper, "header", allCapabilities),
  turning("T3", "header, by hand", 0.27, edits.headerByHand, "header", allCapabilities),
];

/** What came back is made beforehand, and merged again and again. */
export async function mergeSide({ make, arrived }: Edit, names: Grant): Promise<Side> {
  const { callEach } = await newLane();
  const grant = resolveCapabilities(names);
  const view = filterExtensions(realisticEnvelope, grant) as FullView;
  const returned = make(view);
  return {
    run: (times) =>
      callEach(times, () => mergeExtensions(realisticEnvelope, returned, grant, { view })),
    check: checkMerged(arrived),
  };
}

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
