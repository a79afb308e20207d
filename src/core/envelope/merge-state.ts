/** What a merge keeps of its work, and how a rule rejects a change or refuses the proposal. */
import type { Limits, Size } from "../data/index.ts";
import { concat } from "../data/intrinsics.ts";
import type { ErrorCode } from "../errors/index.ts";
import type { Node, Tier } from "../slots/index.ts";

/** A change that was not taken. */
export interface Rejection {
  readonly plugin?: string;
  /** The slot or field, by known names only. */
  readonly path: string;
  readonly code: ErrorCode;
  readonly reason: string;
}

/** A change for which the whole proposal is refused. */
export interface Refusal {
  readonly path: string;
  readonly code: ErrorCode;
  readonly reason: string;
  readonly tier: Tier | undefined;
  /** What code of the host threw that made it so. */
  readonly cause: unknown;
}

/** One merge under way. */
export interface MergeState {
  readonly mask: number;
  /** Whether a change that is not taken refuses the proposal. */
  readonly strict: boolean;
  /** Whether only what grows may change, as where plugins run at the same time. */
  readonly growOnly: boolean;
  readonly limits: Limits;
  rejections: readonly Rejection[];
  /** Why nothing of the proposal is taken: of several reasons the one that decides. */
  refusal: Refusal | undefined;
  /** The paths of what is taken: a slot, or of a slot of mixed tiers the field. */
  changed: readonly string[];
  /** What counts besides what the plugin saw and what it sees now. */
  readonly addedByOthers: Size;
  /** How much more the envelope holds with what is taken. */
  readonly growth: Size;
}

/** What is there now, what the plugin was shown, and what it proposes. */
export interface Change<Part = unknown> {
  readonly current: Part | undefined;
  readonly shown: Part | undefined;
  readonly proposed: Part;
}

/** Notes a change that is not taken. */
export function reject(state: MergeState, rejection: Rejection): void {
  state.rejections = concat(state.rejections, [rejection]);
}

/** Notes a change for which nothing of the proposal is taken. */
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

/** Shape before capability before tier before content; of two alike the first of the table. */
function rank(code: ErrorCode): number {
  if (code === "extensions_shape") return 0;
  if (code === "capability_missing" || code === "mode_denied") return 1;
  return code === "tier_monotonic" || code === "tier_immutable" ? 2 : 3;
}
