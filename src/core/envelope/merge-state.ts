/** The state of a merge, and how a rule rejects a change or refuses the proposal. */
import type { Limits, Size } from "../data/index.ts";
import { append, concat, forEach, freeze, newList, toArray } from "../data/intrinsics.ts";
import type { ErrorCode } from "../errors/index.ts";
import type { Node, Tier } from "../slots/index.ts";
import type { Slots } from "./filter.ts";

/** A change that was not applied. */
export interface Rejection {
  readonly plugin?: string;
  /** The slot or field, by known names only. */
  readonly path: string;
  readonly code: ErrorCode;
  readonly reason: string;
}

/** A change that makes the merge refuse the whole proposal. */
export interface Refusal {
  readonly path: string;
  readonly code: ErrorCode;
  readonly reason: string;
  readonly tier: Tier | undefined;
  /** What the host's code threw, if that is the reason. */
  readonly cause: unknown;
}

/** One merge in progress. */
export interface MergeState {
  readonly mask: number;
  /** Whether a rejected change makes the merge refuse the whole proposal. */
  readonly strict: boolean;
  /** Whether only growing parts may change, as when plugins run at the same time. */
  readonly growOnly: boolean;
  /** The plugin's view, by which appended hops are judged; `undefined` if any may be appended. */
  readonly hopView: Slots | undefined;
  readonly limits: Limits;
  rejections: readonly Rejection[];
  /** Why nothing of the proposal is applied; if there are several reasons, the one that decides. */
  refusal: Refusal | undefined;
  /** The paths of what is applied: a slot, or a field in a slot of mixed tiers. */
  changed: readonly string[];
  /** What counts in addition to what the plugin saw and what it sees now. */
  readonly addedByOthers: Size;
  /** By how much the envelope grows with what is applied. */
  readonly growth: Size;
}

/** The current value, what the plugin was shown, and what it proposes. */
export interface Change<Part = unknown> {
  readonly current: Part | undefined;
  readonly shown: Part | undefined;
  readonly proposed: Part;
}

/** Records a change that is not applied. */
export function reject(state: MergeState, rejection: Rejection): void {
  state.rejections = concat(state.rejections, [rejection]);
}

/** Refuses the whole proposal because of a change. The highest-ranking reason stays. */
export function refuse(
  state: MergeState,
  node: Node,
  code: ErrorCode,
  reason: string,
  cause?: unknown,
): void {
  const { refusal } = state;
  const place = rank(code);
  if (refusal !== undefined && rank(refusal.code) <= place) return;
  const tier = place === 1 || place === 2 ? node.tier : undefined;
  state.refusal = { path: node.path, code, reason, tier, cause };
}

/** Shape before capability before tier before content; among equals, the first in the table. */
function rank(code: ErrorCode): number {
  if (code === "extensions_shape") return 0;
  if (code === "capability_missing" || code === "mode_denied") return 1;
  return code === "tier_monotonic" || code === "tier_immutable" ? 2 : 3;
}

const maxListed = 100;

/** Returns the rejections of one result: the first 100, and how many more there were. */
export function listed(rejections: readonly Rejection[]): readonly Rejection[] {
  const more = rejections.length - maxListed;
  const list = newList<Rejection>();
  forEach(rejections, (rejection) => {
    const { code } = rejection;
    if (list.length < maxListed) append(list, rejection);
    else if (list.length === maxListed) {
      const reason = `${more} more ${more === 1 ? "change was" : "changes were"} rejected.`;
      append(list, freeze({ path: "(result)", code, reason }));
    }
  });
  return freeze(toArray(list));
}
