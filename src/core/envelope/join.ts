/** Joins what only grows: the labels of a nested run go up to the run that started it. */

import {
  concat,
  extensionsLimits,
  intrinsics,
  type Limits,
  unionOf,
  without,
} from "../data/index.ts";
import { admit, copyLevel, decisive, type LevelValue } from "../schema/index.ts";
import { type CompiledSlots, defaultsOf, type Node } from "../slots/index.ts";
import { brandAfter, type Slots, seal } from "./brand.ts";

/** What would be over a limit. A class, so that no envelope can pass for one. */
export class Overlong {
  readonly path: string;
  /** Made by the library: the limit, and no value. */
  readonly reason: string;
  constructor(path: string, reason: string) {
    this.path = path;
    this.reason = reason;
  }
}

/** What came of a join. */
export interface Joined {
  readonly extensions: Slots;
  /** The paths of what changed. */
  readonly changed: readonly string[];
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
): Joined | Overlong {
  const changed = intrinsics.newList<string>();
  let next: Record<string, unknown> | undefined;
  for (let i = 0; i < slots.nodes.length; i++) {
    const node = slots.nodes[i] as Node;
    const { key } = node;
    if (start[key] === inner[key]) continue;
    const levels = { outer: outer[key], inner: inner[key], start: start[key] } as Levels;
    const joined = joinLevel(node, levels, mask, limits, changed);
    if (joined instanceof Overlong) return joined;
    if (joined === outer[key]) continue;
    next ??= copyLevel(slots.layout, outer);
    next[key] = joined;
  }
  const extensions = next === undefined ? outer : seal(next, brandAfter(slots, outer, next));
  return { extensions, changed: intrinsics.freeze(intrinsics.toArray(changed)) };
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
  limits: Limits,
  changed: intrinsics.List<string>,
): LevelValue | Overlong | undefined {
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
    const fault = faultOf(field, all, limits);
    if (fault !== undefined) return fault;
    next ??= copyLevel(node.layout, outer ?? defaultsOf(node));
    next[field.key] = all;
    if (node.tier === "immutable") intrinsics.append(changed, field.path);
  }
  if (next !== undefined && node.tier !== "immutable") intrinsics.append(changed, node.path);
  return next === undefined ? outer : intrinsics.freeze(next);
}

/** Each element was read before; whether there are too many is not known. */
function faultOf(field: Node, all: readonly string[], limits: Limits): Overlong | undefined {
  const read = admit(field.compiled, concat(all), {
    origin: "plugin",
    limits,
    shapeCode: "extensions_shape",
    strict: true,
    previous: all,
    partial: false,
  });
  if (read.ok) return undefined;
  const { expected } = decisive(read.problems);
  return new Overlong(field.path, `Expected ${expected} with those of a nested run, got more.`);
}

function setOf(level: LevelValue | undefined, key: string): readonly string[] {
  return (level?.[key] ?? []) as readonly string[];
}
