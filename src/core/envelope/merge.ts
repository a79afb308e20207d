/** Folds what a plugin handed back into the envelope as it is now. */

import { concat, extensionsLimits, intrinsics, type Limits, mapped } from "../data/index.ts";
import type { ErrorCode, Problem } from "../errors/index.ts";
import { admit, decisive } from "../schema/index.ts";
import { type CompiledSlots, type Node, nodeByKey, type Tier } from "../slots/index.ts";
import { brandOf, grownBrand, type Slots, seal } from "./brand.ts";
import { type MergeState, noteChange, type Refusal, type Rejection } from "./merge-state.ts";
import { refuseOversize } from "./oversize.ts";
import { mergeNode } from "./tiers.ts";

const { freeze, toArray } = intrinsics;

/** Each is given: what is left out would be looked up on a prototype. */
export interface MergeInput {
  readonly slots: CompiledSlots;
  /** The envelope as it is now. */
  readonly current: Slots;
  /** What came back; hostile. */
  readonly returned: unknown;
  /** The very view the plugin was given. */
  readonly view: Slots;
  /** The grant, as a closed mask. */
  readonly mask: number;
  readonly strict: boolean;
  readonly growOnly: boolean;
  readonly limits: Limits;
}

export type MergeOutcome =
  | {
      readonly ok: true;
      readonly extensions: Slots;
      /** The paths of what changed, in the order of the table. */
      readonly changed: readonly string[];
      readonly rejections: readonly Rejection[];
    }
  | { readonly ok: false; readonly refusal: Refusal };

const none: readonly never[] = freeze([]);

/** Never throws for any returned value; a stack overflow passes. Nothing is applied in part. */
export function merge(input: MergeInput): MergeOutcome {
  const { slots, current, returned, view, limits } = input;
  if (returned === undefined || returned === null || returned === view) {
    return { ok: true, extensions: current, changed: none, rejections: none };
  }
  // What a helper made of this very view was read and checked there, by the default limits;
  // authority is decided below.
  if (brandOf(returned)?.editOf === view && limits === extensionsLimits) {
    return mergeSlots(input, returned as Slots);
  }
  const admitted = admit(slots.envelope, returned, {
    origin: "plugin",
    limits,
    shapeCode: "extensions_shape",
    strict: true,
    previous: view,
    partial: true,
  });
  if (!admitted.ok) return { ok: false, refusal: refusalOf(slots, decisive(admitted.problems)) };
  return mergeSlots(input, admitted.value as Slots);
}

function mergeSlots(input: MergeInput, proposal: Slots): MergeOutcome {
  const { slots, current, view, mask, strict, growOnly, limits } = input;
  const state: MergeState = {
    mask,
    growOnly,
    limits,
    rejections: undefined,
    faults: undefined,
    refusals: undefined,
    changed: undefined,
    addedByOthers: { nodes: 0, units: 0 },
    growth: { nodes: 0, units: 0 },
  };
  const { layout } = slots;
  const shown = layout.values(view);
  const proposed = layout.values(proposal);
  const parts = layout.values(current);
  let isChanged = false;
  for (let i = 0; i < slots.nodes.length; i++) {
    if (proposed[i] === shown[i]) continue;
    const node = slots.nodes[i] as Node;
    const before = parts[i];
    const change = { current: before, shown: shown[i], proposed: proposed[i] };
    const part = mergeNode(state, node, change);
    if (part === before) continue;
    noteChange(state, node, before, part);
    parts[i] = part;
    isChanged = true;
  }
  const next = isChanged ? layout.build(parts) : undefined;
  if (next !== undefined) refuseOversize(state, slots, { view, current, next });
  const faults = strict ? state.faults : undefined;
  if (state.refusals !== undefined || faults !== undefined) {
    return { ok: false, refusal: firstRefusal(slots, listOf(state.refusals), listOf(faults)) };
  }
  const rejections = listOf(state.rejections);
  if (next === undefined) return { ok: true, extensions: current, changed: none, rejections };
  const extensions = seal(next, grownBrand(slots, current, state.growth));
  return { ok: true, extensions, changed: listOf(state.changed), rejections };
}

function listOf<T>(list: intrinsics.List<T> | undefined): readonly T[] {
  return list === undefined ? none : freeze(toArray(list));
}

/** One refusal decides, of one or more: capability before tier before content, then table order. */
function firstRefusal(
  slots: CompiledSlots,
  refusals: readonly Refusal[],
  rejections: readonly Rejection[],
): Refusal {
  const ignored = mapped(rejections, (rejection): Refusal => {
    return { ...rejection, tier: tierAt(slots.nodes, rejection.path) };
  });
  const all = concat(ignored, refusals);
  let best = all[0] as Refusal;
  for (let i = 1; i < all.length; i++) {
    const refusal = all[i] as Refusal;
    if (rank(refusal.code) < rank(best.code)) best = refusal;
  }
  return best;
}

function rank(code: ErrorCode): number {
  if (code === "extensions_shape") return 0;
  if (code === "capability_missing" || code === "mode_denied") return 1;
  return code === "tier_monotonic" || code === "tier_immutable" ? 2 : 3;
}

function tierAt(nodes: readonly Node[], path: string): Tier {
  for (let i = 0; i < nodes.length; i++) {
    const node = nodes[i] as Node;
    if (node.path === path) return node.tier;
    const inner = tierAt(node.fields, path);
    if (inner !== "immutable") return inner;
  }
  return "immutable";
}

/** The path of known names only: what a plugin made up is not repeated. */
function refusalOf(slots: CompiledSlots, problem: Problem): Refusal {
  let path = "";
  let nodes: readonly Node[] = slots.nodes;
  for (let i = 0; i < problem.path.length; i++) {
    const found = nodeByKey(nodes, problem.path[i]);
    if (found === undefined) break;
    path = found.path;
    nodes = found.fields;
  }
  return {
    path: path === "" ? "(extensions)" : path,
    code: problem.code,
    reason: `Expected ${problem.expected}, got ${problem.received}.`,
    tier: undefined,
  };
}
