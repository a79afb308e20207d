/** What a plugin does with its view: through a helper, spread by hand, or through `amend`. */
import assert from "node:assert/strict";
import {
  addLabels,
  amend,
  appendHop,
  type Extensions,
  setCustom,
  setHeader,
  type View,
} from "glassine";
import { realisticEnvelope } from "../workloads.ts";
import type { allCapabilities } from "./workloads.ts";

/** A view under the grant of all. Under a narrower one, an edit is only told what it may have. */
export type FullView = View<(typeof allCapabilities)[number]>;

export interface Edit {
  readonly make: (view: FullView) => object;
  /** Throws unless the merged envelope is the one before with the edit in it. */
  readonly arrived: (merged: Extensions) => void;
}

type Custom = NonNullable<FullView["custom"]>;

const added = "ADDED";
const header = ["x-added", "added"] as const;
const hop = {
  subject_id: "agent-2",
  subject_type: "agent",
  audience: "agent-3",
  scopes_granted: ["tools:read"],
  timestamp: "2026-01-01T00:00:01Z",
  ttl_seconds: 60,
  strategy: "token_exchange",
  from_cache: false,
};

const before = realisticEnvelope;
const unchanged = (merged: Extensions) => assert.equal(merged, before, "the very same object");

const labelArrived = ({ security }: Extensions) =>
  assert.deepEqual(security?.labels, [added, ...(before.security?.labels ?? [])]);
const headerArrived = ({ http }: Extensions) =>
  assert.deepEqual(Object.entries(http?.headers ?? {}), [
    ...Object.entries(before.http?.headers ?? {}),
    header,
  ]);
const hopArrived = ({ delegation }: Extensions) => {
  const chain = delegation?.chain ?? [];
  assert.deepEqual(chain.slice(0, -1), before.delegation?.chain);
  assert.deepEqual({ ...chain.at(-1) }, { ...hop, authorization_details: undefined });
};
const customArrived = ({ custom }: Extensions) =>
  assert.deepEqual({ ...custom }, { ...before.custom, first: 2 });

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
  hopByHelper: { make: (view) => appendHop(view, hop), arrived: hopArrived },
  hopByHand: {
    make: (view) => ({
      ...view,
      delegation: { ...view.delegation, chain: [...(view.delegation?.chain ?? []), hop] },
    }),
    arrived: hopArrived,
  },
  customByHelper: { make: (view) => setCustom(view, "first", 2), arrived: customArrived },
  customByHand: {
    make: (view) => ({ ...view, custom: { ...(view.custom as Custom), first: 2 } }),
    arrived: customArrived,
  },
  copy: {
    make: (view) => ({
      ...view,
      http: structuredClone(view.http),
      security: { ...view.security, labels: [...view.security.labels] },
      delegation: structuredClone(view.delegation),
      custom: structuredClone(view.custom),
    }),
    arrived: unchanged,
  },
} as const satisfies Readonly<Record<string, Edit>>;
