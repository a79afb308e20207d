/** What the rules of a merge work on and answer with. */
import { addSize, concat, intrinsics, type Limits, type Size } from "../data/index.ts";
import type { ErrorCode } from "../errors/index.ts";
import { admit, decisive, type LevelValue } from "../schema/index.ts";
import { type Node, nextDiffering, type Tier } from "../slots/index.ts";
import type { Edit } from "./mark.ts";

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
export interface Merging {
  readonly mask: number;
  /** Only what grows may change; concurrent plugins have nothing else. */
  readonly growOnly: boolean;
  readonly limits: Limits;
  rejections: intrinsics.List<Rejection> | undefined;
  /** Those of them for which strict mode refuses the proposal. */
  faults: intrinsics.List<Rejection> | undefined;
  refusals: intrinsics.List<Refusal> | undefined;
  /** What a helper did to the very view. */
  readonly told: Edit | undefined;
  /** What counts beside what the plugin saw and what it sees more now. */
  readonly beside: Size;
  /** How much the parts hold that were taken. */
  readonly come: Size;
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
export function countTaken(merging: Merging, node: Node, before: unknown, after: unknown): void {
  if (node.compiled.shape !== "level" || isTold(merging, after)) {
    countPart(merging, before, after);
  } else if (before === undefined) {
    addSize(merging.come, after);
  } else if (node.grows !== undefined) {
    const was = before as LevelValue;
    const is = after as LevelValue;
    const bits = node.form.differences(was, is);
    for (let i = nextDiffering(bits, 0); i < node.fields.length; i = nextDiffering(bits, i + 1)) {
      const { key } = node.fields[i] as Node;
      countPart(merging, was[key], is[key]);
    }
  }
}

/**
 * Of a set or list that grew, what is new in it. What a helper told is of all that there was: a rule
 * that finds anything else there makes a container of its own.
 */
function countPart(merging: Merging, before: unknown, after: unknown): void {
  const { told, come } = merging;
  if (told !== undefined && told.after === after) {
    come.nodes += told.nodes;
    come.units += told.units;
  } else if (!isArray(before) || !isArray(after)) {
    addSize(come, after);
  } else {
    let kept = 0;
    for (let i = 0; i < after.length; i++) {
      if (kept < before.length && after[i] === before[kept]) kept += 1;
      else addSize(come, after[i]);
    }
  }
}

/** Whether a helper made it of what was shown: it has held the change to the rules. */
export function isTold({ told }: Merging, proposed: unknown): boolean {
  return told !== undefined && told.after === proposed;
}

/** Whether a helper made what is proposed of all that is there: then that is what will be. */
export function isToldWhole(merging: Merging, { current, shown, proposed }: Change): boolean {
  return current === shown && isTold(merging, proposed);
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
export function reject(merging: Merging, rejection: Rejection): void {
  merging.rejections ??= intrinsics.newList();
  intrinsics.append(merging.rejections, rejection);
}

/** Notes a change for which nothing of the proposal is taken. */
export function refuse(merging: Merging, node: Node, code: ErrorCode, reason: string): void {
  const tier = code === "tier_monotonic" ? node.tier : undefined;
  merging.refusals ??= intrinsics.newList();
  intrinsics.append(merging.refusals, { path: node.path, code, reason, tier });
}

/**
 * Refuses a set or list that is over its limit with what was added since: what came back and what
 * was added are each within it, but were never read as one.
 */
export function refuseOverlong(merging: Merging, node: Node, joined: readonly unknown[]): void {
  const { limits } = merging;
  const shapeCode = "extensions_shape";
  // A list that only zod can read is read as a whole; of any other each element was read already.
  const hint = node.compiled.element === undefined ? undefined : joined;
  const read = admit(node.compiled, concat(joined), {
    origin: "plugin",
    limits,
    shapeCode,
    strict: true,
    hint,
    partial: false,
  });
  if (read.ok) return;
  const { code, expected, received } = decisive(read.problems);
  refuse(
    merging,
    node,
    code,
    `Expected ${expected} together with what was added since, got ${received}.`,
  );
}
