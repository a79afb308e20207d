/** R: the filter and a whole hook, compared with CPEX in Rust, the crate `cpex-core`. */
import type { Capability } from "glassine";
import type { Comparison } from "../harness.ts";
import { threeCapabilities } from "../workloads.ts";
import { hooksVersus } from "./executor.ts";
import { freshSide } from "./filter.ts";
import { versusCrate } from "./peer.ts";
import { allCapabilities, crateEnvelope as envelope } from "./workloads.ts";

/** In the crate, `append_labels` does not imply reading, and hidden labels cannot be extended. */
const threeInCrate = [...threeCapabilities, "read_labels"];

const filtering = (
  workload: string,
  grant: readonly Capability[],
  inCrate: readonly string[] = grant,
): Comparison =>
  versusCrate("R1", `filter, ${workload}, built fresh`, 0.5, () => freshSide(grant), {
    case: "filter",
    input: { envelope, capabilities: inCrate },
  });

export const crateFilterComparisons: readonly Comparison[] = [
  filtering("0 capabilities", []),
  filtering("3 capabilities", threeCapabilities, threeInCrate),
  filtering("all capabilities", allCapabilities),
];

const hooks = hooksVersus(versusCrate, { capabilities: threeInCrate, envelope }, "hook, ");

const counts = [1, 5, 20];

/** A hook must not cost more than the crate's. */
export const crateHookComparisons: readonly Comparison[] = [
  ...hooks("R3", "two", 1, counts),
  ...hooks("R4", "three", 1, counts),
  ...hooks("R5", "labels", 1, counts),
];
