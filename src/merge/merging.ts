/** What the rules of a merge work on and answer with. */
import {
  addSize,
  admit,
  beginsWith,
  concat,
  decisive,
  intrinsics,
  type LevelValue,
  type Limits,
  type Size,
} from "../admit/index.ts";
import type { ErrorCode } from "../errors/index.ts";
import type { Node, Tier } from "../slots/index.ts";

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
  readonly rejections: intrinsics.List<Rejection>;
  /** Those of them for which strict mode refuses the proposal. */
  readonly faults: intrinsics.List<Rejection>;
  readonly refusals: intrinsics.List<Refusal>;
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
  if (before === undefined || node.compiled.shape !== "level") addSize(merging.come, after);
  else if (node.grows !== undefined) {
    for (let i = 0; i < node.fields.length; i++) {
      const { key } = node.fields[i] as Node;
      countPart(merging, (before as LevelValue)[key], (after as LevelValue)[key]);
    }
  }
}

/** A list that grew is counted from where it did. */
function countPart(merging: Merging, before: unknown, after: unknown): void {
  if (after === before) return;
  const isLonger = isArray(before) && isArray(after) && beginsWith(after, before);
  if (!isLonger) addSize(merging.come, after);
  else for (let i = before.length; i < after.length; i++) addSize(merging.come, after[i]);
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

/** Notes a change for which nothing of the proposal is taken. */
export function refuse(merging: Merging, node: Node, code: ErrorCode, reason: string): void {
  const tier = code === "tier_monotonic" ? node.tier : undefined;
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
