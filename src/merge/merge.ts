/** Folds what a plugin handed back into the envelope as it is now. */
import {
  admit,
  concat,
  decisive,
  extensionsLimits,
  intrinsics,
  type Limits,
  mapped,
} from "../admit/index.ts";
import type { ErrorCode, Problem } from "../errors/index.ts";
import { markOf, type Slots, seal } from "../extensions/index.ts";
import { type CompiledSlots, differsAt, type Node, nodeByKey, type Tier } from "../slots/index.ts";
import { markAfter } from "./mark-after.ts";
import { countTaken, type Refusal, type Rejection } from "./merging.ts";
import { refuseOversize } from "./oversize.ts";
import { mergeNode } from "./tiers.ts";

const { freeze, newList, toArray } = intrinsics;

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
  | { readonly ok: true; readonly extensions: Slots; readonly rejections: readonly Rejection[] }
  | { readonly ok: false; readonly refusal: Refusal };

const noRejections: readonly never[] = freeze([]);

/** Never throws for any returned value; a stack overflow passes. Nothing is applied in part. */
export function merge(input: MergeInput): MergeOutcome {
  const { slots, current, returned, view, mask, limits } = input;
  if (returned === undefined || returned === null || returned === view) {
    return { ok: true, extensions: current, rejections: noRejections };
  }
  let proposal: Slots;
  // What a helper made from this very view is whole and checked, by the default limits;
  // authority is decided below.
  if (markOf(returned)?.base === view && limits === extensionsLimits) {
    proposal = returned as Slots;
  } else {
    const admitted = admit(slots.envelope, returned, {
      origin: "plugin",
      limits,
      shapeCode: "extensions_shape",
      strict: true,
      hint: view,
      partial: true,
    });
    if (!admitted.ok) return { ok: false, refusal: refusalOf(slots, decisive(admitted.problems)) };
    proposal = admitted.value as Slots;
  }
  return mergeSlots(input, proposal, current, view, mask);
}

function mergeSlots(
  { slots, strict, growOnly, limits }: MergeInput,
  proposal: Slots,
  current: Slots,
  view: Slots,
  mask: number,
): MergeOutcome {
  const merging = {
    mask,
    growOnly,
    limits,
    rejections: newList<Rejection>(),
    faults: newList<Rejection>(),
    refusals: newList<Refusal>(),
    beside: { nodes: 0, units: 0 },
    come: { nodes: 0, units: 0 },
  };
  let next: Record<string, unknown> | undefined;
  const proposed = slots.form.differences(proposal, view);
  for (let i = 0; proposed !== 0 && i < slots.nodes.length; i++) {
    if (!differsAt(proposed, i)) continue;
    const node = slots.nodes[i] as Node;
    const { key } = node;
    const change = { current: current[key], shown: view[key], proposed: proposal[key] };
    const part = mergeNode(merging, node, change);
    if (part === current[key]) continue;
    countTaken(merging, node, current[key], part);
    next ??= slots.form.copy(current);
    next[key] = part;
  }
  const size =
    next === undefined ? undefined : refuseOversize(merging, slots, { view, current, next });
  if (merging.refusals.length > 0 || (strict && merging.faults.length > 0)) {
    const faults = strict ? toArray(merging.faults) : [];
    const refusal = firstRefusal(slots, toArray(merging.refusals), faults);
    return { ok: false, refusal };
  }
  const rejections =
    merging.rejections.length === 0 ? noRejections : freeze(toArray(merging.rejections));
  if (next === undefined) return { ok: true, extensions: current, rejections };
  return { ok: true, extensions: seal(next, markAfter(slots, current, size)), rejections };
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
