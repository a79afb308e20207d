/** R: the filter and a whole hook, compared with CPEX in Rust, the crate `cpex-core`. */
import type { Capability } from "glassine";
import { oursSide } from "../dispatch-sides.ts";
import type { Comparison } from "../harness.ts";
import { payload, threeCapabilities } from "../workloads.ts";
import { labellingSide } from "./executor.ts";
import { freshSide } from "./filter.ts";
import { versusCrate } from "./peer.ts";
import { allCapabilities, crateEnvelope as envelope } from "./workloads.ts";

/** A hook must not cost more than the crate's. */
const goal = 1;

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

const twoParameters = (n: number): Comparison =>
  versusCrate(
    "R3",
    `hook, 2-parameter async, deadline live, n = ${n}`,
    goal,
    () => oursSide({ kind: "async", n }),
    { case: "execute", input: { kind: "two", plugins: n, capabilities: [], payload } },
  );

const threeParameters = (n: number): Comparison =>
  versusCrate(
    "R4",
    `hook, 3-parameter async, fresh envelope, deadline live, n = ${n}`,
    goal,
    () => oursSide({ kind: "async3", n, envelope: "fresh" }),
    {
      case: "execute",
      input: { kind: "three", plugins: n, capabilities: threeInCrate, payload, envelope },
    },
  );

const labelling = (n: number): Comparison =>
  versusCrate(
    "R5",
    `hook, a label of each plugin, fresh envelope, deadline live, n = ${n}`,
    goal,
    () => labellingSide(n),
    {
      case: "execute",
      input: { kind: "labels", plugins: n, capabilities: threeInCrate, payload, envelope },
    },
  );

const counts = [1, 5, 20];

export const crateHookComparisons: readonly Comparison[] = [
  ...counts.map(twoParameters),
  ...counts.map(threeParameters),
  ...counts.map(labelling),
];
