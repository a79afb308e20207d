/** The state of one merge, and how a rule rejects a change or refuses the proposal. */
import { addGrowth, concat, intrinsics, type Limits, type Size } from "../data/index.ts";
import type { ErrorCode } from "../errors/index.ts";
import { admit, decisive } from "../schema/index.ts";
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
}

/** One merge under way. */
export interface MergeState {
  readonly mask: number;
  /** Only what grows may change; concurrent plugins have nothing else. */
  readonly growOnly: boolean;
  readonly limits: Limits;
  rejections: intrinsics.List<Rejection> | undefined;
  /** Those of them for which strict mode refuses the proposal. */
  faults: intrinsics.List<Rejection> | undefined;
  refusals: intrinsics.List<Refusal> | undefined;
  /** The paths of what is taken: a slot, or of a slot of mixed tiers the field. */
  changed: intrinsics.List<string> | undefined;
  /** What counts besides what the plugin saw and what it sees now. */
  readonly addedByOthers: Size;
  /** How much more the envelope holds with what is taken. */
  readonly growth: Size;
}

/** What is there now, what the plugin was shown, and what it proposes. */
export interface Change {
  readonly current: unknown;
  readonly shown: unknown;
  readonly proposed: unknown;
}

const maxListed = 100;

/** The rejections of one result: of a flood the first, and how many more there were. */
export function listed(rejections: readonly Rejection[]): readonly Rejection[] {
  if (rejections.length <= maxListed) return rejections;
  const list = intrinsics.newList<Rejection>();
  for (let i = 0; i < maxListed; i++) intrinsics.append(list, rejections[i] as Rejection);
  const { code } = rejections[maxListed] as Rejection;
  const reason = `${rejections.length - maxListed} more changes were not taken.`;
  intrinsics.append(list, intrinsics.freeze({ path: "(result)", code, reason }));
  return intrinsics.freeze(intrinsics.toArray(list));
}

/** Notes a change that is taken. Of a level of mixed tiers, each field was noted by itself. */
export function noteChange(state: MergeState, node: Node, before: unknown, after: unknown): void {
  notePath(state, node);
  if (node.tier !== "immutable" || before === undefined) addGrowth(state.growth, before, after);
}

/** Notes what changed, and nothing of its size. */
export function notePath(state: MergeState, { tier, path }: Node): void {
  if (tier === "immutable") return;
  state.changed ??= intrinsics.newList();
  intrinsics.append(state.changed, path);
}

/** Notes a change that is not taken. */
export function reject(state: MergeState, rejection: Rejection): void {
  state.rejections ??= intrinsics.newList();
  intrinsics.append(state.rejections, rejection);
}

/** Notes a change for which nothing of the proposal is taken. */
export function refuse(state: MergeState, node: Node, code: ErrorCode, reason: string): void {
  const tier = code === "tier_monotonic" ? node.tier : undefined;
  state.refusals ??= intrinsics.newList();
  intrinsics.append(state.refusals, { path: node.path, code, reason, tier });
}

/**
 * Refuses a set or list that is over its limit with what was added since: what came back and what
 * was added are each within it, but were never read as one.
 */
export function refuseOverlong(state: MergeState, node: Node, joined: readonly unknown[]): void {
  const { limits } = state;
  const shapeCode = "extensions_shape";
  // A list that only zod can read is read as a whole; of any other each element was read already.
  const previous = node.compiled.element === undefined ? undefined : joined;
  const read = admit(node.compiled, concat(joined), {
    origin: "plugin",
    limits,
    shapeCode,
    strict: true,
    previous,
    partial: false,
  });
  if (read.ok) return;
  const { code, expected, received } = decisive(read.problems);
  refuse(
    state,
    node,
    code,
    `Expected ${expected} together with what was added since, got ${received}.`,
  );
}
