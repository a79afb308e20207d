/** Joins what only grows: the labels of a nested run go up to the run that started it. */
import {
  extensionsLimits,
  forEach,
  intrinsics,
  type Limits,
  unionOf,
  without,
} from "../data/index.ts";
import type { LevelValue } from "../schema/index.ts";
import { type CompiledSlots, defaultsOf, type Node } from "../slots/index.ts";
import { type Slots, sealAfter } from "./filter.ts";
import { problemOf } from "./merge.ts";

const { append, freeze, isArray, newList, toArray } = intrinsics;

/** What came of a join. */
type Joined =
  | {
      readonly ok: true;
      readonly extensions: Slots;
      /** The paths of what changed. */
      readonly changed: readonly string[];
    }
  | Overlong;

/** What would be over a limit. */
interface Overlong {
  readonly ok: false;
  readonly path: string;
  /** Made by the library: the limit, and no value. */
  readonly reason: string;
}

/**
 * `outer` with what the plugins of the inner run added to growing sets. What the inner run was
 * started with is not taken: whoever started it may be a plugin without the right to add. Nothing
 * is taken where a set would be over its limit.
 */
export function joinSets(
  slots: CompiledSlots,
  outer: Slots,
  inner: Slots,
  start: Slots,
  mask: number,
  limits: Limits = extensionsLimits,
): Joined {
  const changed = newList<string>();
  const next: Record<string, unknown> = { ...outer };
  let overlong: Overlong | undefined;
  forEach(slots.nodes, (node) => {
    const { key } = node;
    if (start[key] === inner[key] || node.grows !== undefined) return;
    const level: Record<string, unknown> = { ...(outer[key] ?? defaultsOf(node)) };
    let isJoined = false;
    forEach(node.fields, (field) => {
      // Of a level that does not itself grow, nothing but sets does.
      if (field.tier !== "monotonic") return;
      if (field.write !== 0 && (field.write & mask) === 0) return;
      const before = setOf(outer[key], field.key);
      const added = without(setOf(inner[key], field.key), setOf(start[key], field.key));
      const all = unionOf(before, added);
      if (all === before) return;
      overlong ??= overlongOf(field, all, limits);
      level[field.key] = all;
      isJoined = true;
      if (node.tier === "immutable") append(changed, field.path);
    });
    if (!isJoined) return;
    if (node.tier !== "immutable") append(changed, node.path);
    next[key] = freeze(level);
  });
  if (overlong !== undefined) return overlong;
  const extensions = changed.length === 0 ? outer : sealAfter(slots, outer, next);
  return { ok: true, extensions, changed: freeze(toArray(changed)) };
}

/** Each element was read before; whether there are too many is not known. */
function overlongOf(field: Node, all: readonly string[], limits: Limits): Overlong | undefined {
  const problem = problemOf(field, all, limits);
  if (problem === undefined) return undefined;
  const reason = `Expected ${problem.expected} with those of a nested run, got more.`;
  return { ok: false, path: field.path, reason };
}

const empty: readonly never[] = freeze([]);

function setOf(level: LevelValue | undefined, key: string): readonly string[] {
  const set = level?.[key];
  return isArray(set) ? set : empty;
}
