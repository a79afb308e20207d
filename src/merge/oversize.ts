/** Holds what a merge puts together against the limits as a whole. */
import { addKept, addSize, type LevelValue, outgrown, type Size } from "../admit/index.ts";
import type { Slots } from "../extensions/index.ts";
import { filterFor } from "../filter/index.ts";
import type { CompiledSlots, Node } from "../slots/index.ts";
import { type Merging, refuse } from "./merging.ts";

/** An envelope before and after a merge, and the view that the plugin was given. */
interface Step {
  readonly view: Slots;
  readonly current: Slots;
  readonly next: Slots;
}

/**
 * Refuses what is over a limit as a whole: what the plugin was shown, what it sees more once the
 * merge is done, and what others added to what grows. Whatever it cannot see is on both sides of
 * that difference, so that no hidden part counts.
 */
export function refuseOversize(merging: Merging, slots: CompiledSlots, step: Step): void {
  if (fitsEasily(merging, slots, step)) return;
  const { view, current, next } = step;
  const filter = filterFor(slots, merging.mask);
  const before = filter(current);
  const after = filter(next);
  // The envelope itself is one value.
  const whole: Size = { nodes: 1, units: 0 };
  const grown: Size = { nodes: merging.beside.nodes, units: merging.beside.units };
  for (let i = 0; i < slots.nodes.length; i++) {
    const { key } = slots.nodes[i] as Node;
    addSize(whole, view[key]);
    addSize(grown, after[key]);
    addSize(grown, before[key], -1);
  }
  whole.nodes += grown.nodes;
  whole.units += grown.units;
  const expected = outgrown(whole, grown, merging.limits);
  if (expected === undefined) return;
  const reason = `Expected ${expected} together with what was there, got more.`;
  refuse(merging, firstChanged(slots, step), "snapshot_limit", reason);
}

/** Something changed, or nothing would be held against the limits. */
function firstChanged({ nodes }: CompiledSlots, { current, next }: Step): Node {
  for (let i = 0; ; i++) {
    const node = nodes[i] as Node;
    if (next[node.key] !== current[node.key]) return node;
  }
}

/**
 * Whether it would fit if the plugin saw all of what changed: then nothing has to be filtered.
 * What is hidden is not walked, so that it has no influence on time either.
 */
function fitsEasily(
  { beside, limits }: Merging,
  slots: CompiledSlots,
  { view, current, next }: Step,
): boolean {
  // A view shows empty sets and levels where there are none: at most one for each part.
  const bound: Size = { nodes: 1 + beside.nodes + slots.parts, units: beside.units };
  addLevel(bound, slots.nodes, view);
  addChanges(bound, slots.nodes, next, current);
  return bound.nodes <= limits.nodes && bound.units <= limits.units;
}

/** A level that was cut is made anew for each view: what it holds is kept, and not it. */
function addLevel(sum: Size, nodes: readonly Node[], level: LevelValue): void {
  for (let i = 0; i < nodes.length; i++) {
    const { key, mixed, fields } = nodes[i] as Node;
    const part = level[key];
    if (part === undefined) continue;
    if (!mixed) {
      addKept(sum, part);
      continue;
    }
    sum.nodes += 1;
    addLevel(sum, fields, part as LevelValue);
  }
}

function addChanges(
  sum: Size,
  nodes: readonly Node[],
  after: LevelValue,
  before: LevelValue,
): void {
  for (let i = 0; i < nodes.length; i++) {
    const { key, fields } = nodes[i] as Node;
    const now = after[key];
    const old = before[key];
    if (now === old) continue;
    // A merge takes no slot or level away.
    if (fields.length > 0 && old !== undefined) {
      addChanges(sum, fields, now as LevelValue, old as LevelValue);
      continue;
    }
    addSize(sum, now);
    addSize(sum, old, -1);
  }
}
