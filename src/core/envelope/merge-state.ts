/** The state of one merge, and how a rule rejects a change or refuses the proposal. */
import { addSize, concat, intrinsics, type Limits, type Size } from "../data/index.ts";
import type { ErrorCode } from "../errors/index.ts";
import { admit, decisive, type LevelValue } from "../schema/index.ts";
import { type Node, nextDiffering, type Tier } from "../slots/index.ts";
import type { Edit } from "./brand.ts";

const { isArray } = intrinsics;

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
  /** What a helper is known to have done to the view itself. */
  readonly trustedEdit: Edit | undefined;
  /** What counts besides what the plugin saw and what it sees now. */
  readonly addedByOthers: Size;
  /** The size of the parts that were taken. */
  readonly added: Size;
}

/** What is there now, what the plugin was shown, and what it proposes. */
export interface Change {
  readonly current: unknown;
  readonly shown: unknown;
  readonly proposed: unknown;
}

/**
 * Counts a part that is taken in the place of another. Of a level that was there the fields were
 * counted as they were taken.
 */
export function countTaken(state: MergeState, node: Node, before: unknown, after: unknown): void {
  if (node.compiled.shape !== "level" || isTrustedEdit(state, after)) {
    countPart(state, before, after);
  } else if (before === undefined) {
    addSize(state.added, after);
  } else if (node.grows !== undefined) {
    const was = before as LevelValue;
    const is = after as LevelValue;
    const bits = node.layout.differences(was, is);
    for (let i = nextDiffering(bits, 0); i < node.fields.length; i = nextDiffering(bits, i + 1)) {
      const { key } = node.fields[i] as Node;
      countPart(state, was[key], is[key]);
    }
  }
}

/**
 * Of a set or list that grew, what is new in it. A trusted edit is one of all that there was: a rule
 * that finds anything else there makes a container of its own.
 */
function countPart(state: MergeState, before: unknown, after: unknown): void {
  const { trustedEdit, added } = state;
  if (trustedEdit !== undefined && trustedEdit.after === after) {
    added.nodes += trustedEdit.nodes;
    added.units += trustedEdit.units;
  } else if (!isArray(before) || !isArray(after)) {
    addSize(added, after);
  } else {
    let kept = 0;
    for (let i = 0; i < after.length; i++) {
      if (kept < before.length && after[i] === before[kept]) kept += 1;
      else addSize(added, after[i]);
    }
  }
}

/** Whether a helper, which has applied the rules, made `proposed` of what was shown. */
export function isTrustedEdit({ trustedEdit }: MergeState, proposed: unknown): boolean {
  return trustedEdit !== undefined && trustedEdit.after === proposed;
}

/** Whether a helper made `proposed` of all that is there now, so that it can be taken as it is. */
export function isWholeTrustedEdit(
  state: MergeState,
  { current, shown, proposed }: Change,
): boolean {
  return current === shown && isTrustedEdit(state, proposed);
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
