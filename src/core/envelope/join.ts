/** Joins what only grows: the labels of a nested run go up to the run that started it. */
import { extensionsLimits, type Limits, without } from "../data/index.ts";
import { forEach, freeze, isArray, newMap } from "../data/intrinsics.ts";
import type { LevelValue } from "../schema/index.ts";
import type { CompiledSlots } from "../slots/index.ts";
import { type Slots, sealAfter } from "./filter.ts";
import { type MergeOutcome, merge } from "./merge.ts";

/**
 * Proposes to `outer` what the plugins of the inner run added to growing sets. What the inner run was
 * started with is not taken: whoever started it may be a plugin without the right to add.
 */
export function joinSets(
  slots: CompiledSlots,
  outer: Slots,
  inner: Slots,
  start: Slots,
  mask: number,
  limits: Limits = extensionsLimits,
): MergeOutcome {
  const added: Record<string, unknown> = newMap(slots.nodes.length);
  forEach(slots.nodes, ({ key, grows, fields }) => {
    if (start[key] === inner[key] || grows !== undefined) return;
    const level: Record<string, unknown> = newMap(fields.length);
    forEach(fields, (field) => {
      // Of a level that does not itself grow, nothing but sets does.
      if (field.tier !== "monotonic") return;
      const more = without(setOf(inner[key], field.key), setOf(start[key], field.key));
      // An empty set would be one that is proposed, and so there.
      if (more.length > 0) level[field.key] = more;
    });
    added[key] = level;
  });
  // Nothing of `outer` is shown, so nothing of it counts or is missing.
  const view = slots.empty as Slots;
  const rights = { mask, strict: false, growOnly: true, limits } as const;
  return merge(outer, { slots, returned: added, proposal: undefined, view, ...rights });
}

/** `extensions` without what its growing sets have from `start` and not from `given`. */
export function withoutSets(
  slots: CompiledSlots,
  extensions: Slots,
  start: Slots,
  given: Slots,
): Slots {
  const next = slots.take(extensions, slots.whole);
  forEach(slots.nodes, ({ key, grows, fields }) => {
    if (start[key] === given[key] || grows !== undefined) return;
    const level: Record<string, unknown> = { ...extensions[key] };
    forEach(fields, (field) => {
      if (field.tier !== "monotonic") return;
      const inherited = without(setOf(start[key], field.key), setOf(given[key], field.key));
      level[field.key] = without(setOf(extensions[key], field.key), inherited);
    });
    next[key] = freeze(level);
  });
  return sealAfter(slots, extensions, next);
}

const none: readonly never[] = freeze([]);

function setOf(level: LevelValue | undefined, key: string): readonly string[] {
  const set = level?.[key];
  return isArray(set) ? set : none;
}
