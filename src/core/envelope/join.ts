/**
 * Joins growing sets: a nested run starts with the labels of the outer run, and what its plugins
 * add is passed up to that run.
 */
import { extensionsLimits, type Limits, without } from "../data/index.ts";
import { forEach, freeze, isArray, newMap, none, ownValue } from "../data/intrinsics.ts";
import type { LevelValue } from "../schema/index.ts";
import { type CompiledSlots, defaultsOf, type Node } from "../slots/index.ts";
import { isLevel, type Slots, sealAfter } from "./filter.ts";
import { type MergeOutcome, merge } from "./merge.ts";

/**
 * Proposes to `outer` what the plugins of the inner run added to growing sets. What the inner run
 * started with is not proposed: it may have been started by a plugin without the right to add.
 */
export function joinSets(
  slots: CompiledSlots,
  outer: Slots,
  inner: Slots,
  start: Slots,
  mask: number,
  limits: Limits = extensionsLimits,
): MergeOutcome {
  const returned = addedTo(slots.nodes, start, inner);
  // Nothing of `outer` is shown, so nothing of it counts or can be missing.
  const view = slots.empty as Slots;
  const rights = { mask, strict: false, growOnly: true, strictDelegation: false, limits } as const;
  return merge(outer, { slots, returned, proposal: undefined, view, ...rights });
}

/**
 * Returns `extensions` without what the growing sets of `start` have and those of `given` do not.
 * What did not change since `start` is as in `given`, the same object or absent, so that nothing
 * shows that there was more.
 */
export function withoutSets(
  slots: CompiledSlots,
  extensions: Slots,
  start: Slots,
  given: Slots,
): Slots {
  if (extensions === start) return given;
  const next = slots.take(extensions, slots.allOpen);
  takeBack(slots.nodes, next, start, given);
  return sealAfter(slots, extensions, next);
}

function takeBack(
  nodes: readonly Node[],
  level: Record<string, unknown>,
  start: unknown,
  given: unknown,
): void {
  forEach(nodes, (node) => {
    const { key, tier, fields } = node;
    const before = ownValue(given, key);
    const joined = ownValue(start, key);
    const now = level[key];
    if (joined === before) return;
    if (now === joined) level[key] = before;
    else if (tier === "monotonic") {
      level[key] = without(setOf(now), without(setOf(joined), setOf(before)));
    } else if (isLevel(now)) {
      const inner = { ...now };
      takeBack(fields, inner, joined, before ?? defaultsOf(node));
      level[key] = freeze(inner);
    }
  });
}

/** Returns what the growing sets of `after` have and those of `before` do not, level by level. */
function addedTo(nodes: readonly Node[], before: unknown, after: unknown): LevelValue | undefined {
  let added: Record<string, unknown> | undefined;
  forEach(nodes, ({ key, tier, fields }) => {
    const was = ownValue(before, key);
    const is = ownValue(after, key);
    const more = tier === "monotonic" ? without(setOf(is), setOf(was)) : addedTo(fields, was, is);
    // A list that grows is no set, so it does not join, and `more` is empty.
    if (more === undefined || more.length === 0) return;
    added ??= newMap(nodes.length);
    added[key] = more;
  });
  return added;
}

function setOf(set: unknown): readonly string[] {
  return isArray(set) ? set : none;
}
