/** Joins what only grows: the labels of a nested run go up to the run that started it. */
import { intrinsics, type LevelValue, unionOf, without } from "../admit/index.ts";
import { type Slots, seal } from "../extensions/index.ts";
import { type CompiledSlots, defaultsOf, type Node } from "../slots/index.ts";
import { markAfter } from "./mark-after.ts";

/**
 * `outer` with what the plugins of the inner run added to growing sets. What the inner run was
 * started with is not taken: whoever started it may be a plugin without the right to add.
 */
export function joinSets(
  slots: CompiledSlots,
  outer: Slots,
  inner: Slots,
  start: Slots,
  mask: number,
): Slots {
  let next: Record<string, unknown> | undefined;
  for (let i = 0; i < slots.nodes.length; i++) {
    const node = slots.nodes[i] as Node;
    const { key } = node;
    if (start[key] === inner[key]) continue;
    const levels = { outer: outer[key], inner: inner[key], start: start[key] } as Levels;
    const joined = joinLevel(node, levels, mask);
    if (joined === outer[key]) continue;
    next ??= slots.form.copy(outer);
    next[key] = joined;
  }
  return next === undefined ? outer : seal(next, markAfter(slots, outer, undefined));
}

interface Levels {
  readonly outer: LevelValue | undefined;
  readonly inner: LevelValue | undefined;
  readonly start: LevelValue | undefined;
}

function joinLevel(
  node: Node,
  { outer, inner, start }: Levels,
  mask: number,
): LevelValue | undefined {
  if (node.grows !== undefined) return outer;
  let next: Record<string, unknown> | undefined;
  for (let i = 0; i < node.fields.length; i++) {
    const field = node.fields[i] as Node;
    // Of a level that does not itself grow, nothing but sets does.
    if (field.tier !== "monotonic") continue;
    if (field.write !== 0 && (field.write & mask) === 0) continue;
    const before = outer?.[field.key] as readonly string[] | undefined;
    const added = without(setOf(inner, field.key), setOf(start, field.key));
    if (added.length === 0) continue;
    const all = unionOf(before ?? [], added, before);
    if (all === before) continue;
    next ??= node.form.copy(outer ?? defaultsOf(node));
    next[field.key] = all;
  }
  return next === undefined ? outer : intrinsics.freeze(next);
}

function setOf(level: LevelValue | undefined, key: string): readonly string[] {
  return (level?.[key] ?? []) as readonly string[];
}
