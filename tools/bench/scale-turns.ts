/** S: filter and merge over a growing envelope. Each figure divides the large by the small case. */
import assert from "node:assert/strict";
import {
  addLabels,
  type Capability,
  createExtensions,
  type Extensions,
  filterExtensions,
  mergeExtensions,
  setHeader,
} from "glassine";
import { type Comparison, newLane, type Side } from "./harness.ts";
import { entries, hop, numbered, realisticEnvelope, threeCapabilities } from "./workloads.ts";

/** The part of an envelope that grows. */
export type Grown = "claims" | "headers" | "labels" | "hops";
/** The edit to the view before it is merged. */
type Edit = "none" | "label" | "header";

interface Turn {
  readonly grown: Grown;
  readonly count: number;
  readonly edit?: Edit;
}

/** Raised limits: the defaults would reject the largest cases. */
const limits = { hops: 1000, headers: 1000 };

/** Returns the realistic envelope with `count` items of the kind `grown`. */
function envelopeWith({ grown, count }: Turn): Extensions {
  const { http, security, delegation, ...rest } = realisticEnvelope;
  const subject = { ...security?.subject, id: "user-1", type: "user" } as const;
  const grownSlots = {
    http: grown === "headers" ? { headers: entries(count, "x-header") } : http,
    security: {
      ...security,
      labels: grown === "labels" ? numbered(count, "LABEL_") : (security?.labels ?? []),
      subject: grown === "claims" ? { ...subject, claims: entries(count, "claim") } : subject,
    },
    delegation: grown === "hops" ? { chain: chainOf(count) } : delegation,
  };
  return createExtensions({ ...rest, ...grownSlots }, { limits });
}

const chainOf = (count: number) =>
  Array.from({ length: count }, (_, i) => hop(`agent-${i}`, `agent-${i + 1}`));

/** For each kind, capabilities that show what grows but still hide something. */
const grants: Readonly<Record<Grown, readonly Capability[]>> = {
  claims: ["read_claims", "read_headers"],
  headers: [...threeCapabilities, "write_headers"],
  labels: threeCapabilities,
  hops: ["read_delegation", "read_roles"],
};

/** Counts the items of the kind `grown` in an envelope or view. */
function countIn(extensions: Partial<Extensions>, grown: Grown): number {
  const { http, security, delegation } = extensions;
  return {
    claims: Object.keys(security?.subject?.claims ?? {}).length,
    headers: Object.keys(http?.headers ?? {}).length,
    labels: security?.labels?.length ?? 0,
    hops: delegation?.chain.length ?? 0,
  }[grown];
}

/** Returns a function that runs one turn, including the edit. */
function turnOf({ grown, edit = "none" }: Turn, envelope: Extensions): () => Extensions {
  const granted = grants[grown];
  const edits: Readonly<Record<Edit, (view: object) => object>> = {
    none: (view) => view,
    label: (view) => addLabels(view as Extensions, "ADDED"),
    header: (view) => setHeader(view as Extensions, "x-added", "value"),
  };
  const edited = edits[edit];
  return () => {
    const view = filterExtensions(envelope, granted);
    return mergeExtensions(envelope, edited(view) as typeof view, granted, { view }).extensions;
  };
}

export async function turnSide(turn: Turn): Promise<Side> {
  const { callEach } = await newLane();
  const envelope = envelopeWith(turn);
  const operation = turnOf(turn, envelope);
  const { grown, count, edit = "none" } = turn;
  const view = filterExtensions(envelope, grants[grown]);
  assert.equal(countIn(view as Partial<Extensions>, grown), count, "the view shows what grows");
  assert.notEqual(view, envelope, "and not everything");
  return {
    run: (times) => callEach(times, operation),
    check: (last) => {
      const extensions = last as Extensions;
      if (edit === "none") return assert.equal(extensions, envelope, "nothing changed");
      assert.equal(countIn(extensions, grown), count + 1, "the edit is there");
      assert.equal(countIn(envelope, grown), count, "the envelope is as it was");
      assert.equal(extensions.agent, envelope.agent, "what did not change is shared");
    },
  };
}

export const scaleTurnComparisons: readonly Comparison[] = [
  compare("S3", "claims 10 to 10 000, read-only turn", 1.2, "claims", [10, 10_000]),
  compare("S4", "headers 10 to 1000, read-only turn", 1.2, "headers", [10, 1000]),
  compare("S5", "labels 1 to 256, read-only turn", 1.2, "labels", [1, 256]),
  compare("S6", "labels 1 to 255, one appended", 12, "labels", [1, 255], "label"),
  // More than 128 are rejected by default, so the growth and the goal of 25 are scaled down.
  compare("S7", "headers 10 to 127, one set", 16, "headers", [10, 127], "header"),
  compare("S10", "hops 2 to 1000, read-only turn", 1.2, "hops", [2, 1000]),
];

function compare(
  id: string,
  workload: string,
  goal: number,
  grown: Grown,
  [small, large]: readonly [number, number],
  edit: Edit = "none",
): Comparison {
  return {
    id,
    workload,
    goal,
    sides: async () => [
      await turnSide({ grown, count: large, edit }),
      await turnSide({ grown, count: small, edit }),
    ],
  };
}
