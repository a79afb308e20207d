/** Joins what only grows: the labels of a nested run go up to the run that started it. */
import { intrinsics, type LevelValue } from "../admit/index.ts";
import { hostMark, markOf, type Slots, seal } from "../extensions/index.ts";
import type { CompiledSlots, Node } from "../slots/index.ts";
import { union } from "./tiers.ts";

/** `outer` with every element of `inner`'s growing sets. `outer` itself when nothing is new. */
export function joinSets(slots: CompiledSlots, outer: Slots, inner: Slots): Slots {
  if (outer === inner) return outer;
  let next: Record<string, unknown> | undefined;
  for (let i = 0; i < slots.nodes.length; i++) {
    const node = slots.nodes[i] as Node;
    const { key } = node;
    if (!node.changeable || outer[key] === inner[key]) continue;
    const joined = joinLevel(slots, node, outer[key] as LevelValue, inner[key] as LevelValue);
    if (joined === outer[key]) continue;
    next ??= { ...outer };
    next[key] = joined;
  }
  return next === undefined ? outer : seal(next, markOf(outer) ?? hostMark(slots));
}

function joinLevel(
  slots: CompiledSlots,
  node: Node,
  outer: LevelValue | undefined,
  inner: LevelValue | undefined,
): LevelValue | undefined {
  if (inner === undefined || node.grows !== undefined) return outer;
  let next: Record<string, unknown> | undefined;
  for (let i = 0; i < node.fields.length; i++) {
    const field = node.fields[i] as Node;
    if (field.tier !== "monotonic" || field.compiled.shape !== "set") continue;
    const before = outer?.[field.key] as readonly string[] | undefined;
    const all = union(before ?? [], (inner[field.key] ?? []) as readonly string[], before);
    if (all === before || all.length === 0) continue;
    next ??= { ...(outer ?? slots.defaults(node)) };
    next[field.key] = all;
  }
  return next === undefined ? outer : intrinsics.freeze(next);
}
