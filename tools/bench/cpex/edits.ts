/** Ways for a plugin to edit its view: with a helper, by hand with spreads, or with `amend`. */
import assert from "node:assert/strict";
import { addLabels, amend, type Extensions, setHeader, type View } from "glassine";
import { realisticEnvelope } from "../workloads.ts";
import type { allCapabilities } from "./workloads.ts";

/** A view with all capabilities. With a narrower grant, an edit sees only what that shows. */
export type FullView = View<(typeof allCapabilities)[number]>;

export interface Edit {
  readonly make: (view: FullView) => object;
  /** Throws unless the merged envelope is the original one plus the edit. */
  readonly arrived: (merged: Extensions) => void;
}

const added = "ADDED";
const header = ["x-added", "added"] as const;

const before = realisticEnvelope;
const unchanged = (merged: Extensions) => assert.equal(merged, before, "the very same object");

const labelArrived = ({ security }: Extensions) =>
  assert.deepEqual(security?.labels, [added, ...(before.security?.labels ?? [])]);
const headerArrived = ({ http }: Extensions) =>
  assert.deepEqual(Object.entries(http?.headers ?? {}), [
    ...Object.entries(before.http?.headers ?? {}),
    header,
  ]);
export const edits = {
  none: { make: (view) => view, arrived: unchanged },
  labelByHelper: { make: (view) => addLabels(view, added), arrived: labelArrived },
  labelByHand: {
    make: (view) => ({
      ...view,
      security: { ...view.security, labels: [...view.security.labels, added] },
    }),
    arrived: labelArrived,
  },
  labelByAmend: {
    make: (view) =>
      amend(view, (draft) => {
        draft.security.labels.push(added);
      }),
    arrived: labelArrived,
  },
  headerByHelper: { make: (view) => setHeader(view, ...header), arrived: headerArrived },
  headerByHand: {
    make: (view) => ({
      ...view,
      http: { ...view.http, headers: { ...view.http?.headers, [header[0]]: header[1] } },
    }),
    arrived: headerArrived,
  },
} as const satisfies Readonly<Record<string, Edit>>;
