/**
 * Joins growing sets: a nested run starts with the labels of the outer run, and what its plugins
 * add is passed up to that run.
 */
import { extensionsLimits, type Limits, without } from "../data/index.ts";
import { enumerableKeys, forEach, freeze, isArray, newMap, none } from "../data/intrinsics.ts";
import type { LevelValue } from "../schema/index.ts";
import type { CompiledSlots } from "../slots/index.ts";
import { type Slots, sealAfter } from "./filter.ts";
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
  const returned = addedTo(slots, start, inner);
  // Nothing of `outer` is shown, so nothing of it counts or can be missing.
  const view = slots.empty as Slots;
  const rights = { mask, strict: false, growOnly: true, limits } as const;
  return merge(outer, { slots, returned, proposal: undefined, view, ...rights });
}

/** Removes from growing sets in `extensions` what `start` has and `given` does not. */
export function withoutSets(
  slots: CompiledSlots,
  extensions: Slots,
  start: Slots,
  given: Slots,
): Slots {
  const inherited = addedTo(slots, given, start);
  const next = slots.take(extensions, slots.allOpen);
  forEach(enumerableKeys(inherited), (key) => {
    const sets = inherited[key] as LevelValue;
    const level: Record<string, unknown> = { ...extensions[key] };
    forEach(enumerableKeys(sets), (field) => {
      level[field] = without(setOf(level, field), setOf(sets, field));
    });
    next[key] = freeze(level);
  });
  return sealAfter(slots, extensions, next);
}

/** Returns what the growing sets of `after` have and those of `before` do not, slot by slot. */
function addedTo(slots: CompiledSlots, before: Slots, after: Slots): LevelValue {
  const added: Record<string, unknown> = newMap(slots.nodes.length);
  forEach(slots.nodes, ({ key, grows, fields }) => {
    if (before[key] === after[key] || grows !== undefined) return;
    const level: Record<string, unknown> = newMap(fields.length);
    forEach(fields, (field) => {
      // In a level that does not grow itself, only sets grow.
      if (field.tier !== "monotonic") return;
      const more = without(setOf(after[key], field.key), setOf(before[key], field.key));
      // An empty set that is proposed would be created.
      if (more.length > 0) level[field.key] = more;
    });
    added[key] = level;
  });
  return added;
}

function setOf(level: LevelValue | undefined, key: string): readonly string[] {
  const set = level?.[key];
  return isArray(set) ? set : none;
}
