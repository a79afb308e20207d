/** Holds what a merge puts together against the limits as a whole. */
import { addKept, addSize, outgrown, type Size } from "../data/index.ts";
import type { LevelValue } from "../schema/index.ts";
import type { CompiledSlots, Node } from "../slots/index.ts";
import { brandOf, type Slots } from "./brand.ts";
import { filterFor } from "./compile-filter.ts";
import { type MergeState, refuse } from "./merge-state.ts";

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
 *
 * Gives how much the envelope holds at most after the merge, where that was known before. What
 * went is taken off only where the whole is near a limit, for it would be counted at each merge.
 */
export function refuseOversize(
  state: MergeState,
  slots: CompiledSlots,
  step: Step,
): Size | undefined {
  const { current, next } = step;
  const size = countOf(current);
  const { added } = state;
  if (fitsEasily(state, slots, step.view)) {
    return size && { nodes: size.nodes + added.nodes, units: size.units + added.units };
  }
  refuseGrown(state, slots, step);
  if (size === undefined) return undefined;
  const whole: Size = { nodes: 1, units: 0 };
  addLevel(whole, slots.nodes, next);
  return whole;
}

/** What is known of the size of an envelope, or of the one that a view was cut from. */
function countOf(extensions: Slots): Readonly<Size> | undefined {
  const brand = brandOf(extensions);
  return brand === undefined || brand.nodes === 0 ? undefined : brand;
}

function refuseGrown(state: MergeState, slots: CompiledSlots, step: Step): void {
  const { view, current, next } = step;
  const filter = filterFor(slots, state.mask);
  const before = filter(current);
  const after = filter(next);
  // The envelope itself is one value.
  const whole: Size = { nodes: 1, units: 0 };
  const grown: Size = { nodes: state.addedByOthers.nodes, units: state.addedByOthers.units };
  for (let i = 0; i < slots.nodes.length; i++) {
    const { key } = slots.nodes[i] as Node;
    addSize(whole, view[key]);
    addSize(grown, after[key]);
    addSize(grown, before[key], -1);
  }
  whole.nodes += grown.nodes;
  whole.units += grown.units;
  const expected = outgrown(whole, grown, state.limits);
  if (expected === undefined) return;
  const reason = `Expected ${expected} together with what was there, got more.`;
  refuse(state, firstChanged(slots, step), "snapshot_limit", reason);
}

/** Something changed, or nothing would be held against the limits. */
function firstChanged({ nodes }: CompiledSlots, { current, next }: Step): Node {
  for (let i = 0; ; i++) {
    const node = nodes[i] as Node;
    if (next[node.key] !== current[node.key]) return node;
  }
}

/**
 * Whether it would fit if the plugin saw all of what has come, and nothing had gone for that, and
 * had been shown all of what its view was cut from: then nothing has to be filtered. So how near
 * the whole is to a limit can be told by time, and by nothing else (N3).
 */
function fitsEasily(
  { addedByOthers, added, limits }: MergeState,
  slots: CompiledSlots,
  view: Slots,
): boolean {
  // A view shows empty sets and levels where there are none: at most one for each part. As many
  // can come into sight with what has come, where the view was cut under another grant.
  const most: Size = {
    nodes: 1 + addedByOthers.nodes + 2 * slots.parts,
    units: addedByOthers.units,
  };
  const shown = countOf(view);
  if (shown === undefined) addLevel(most, slots.nodes, view);
  else {
    most.nodes += shown.nodes;
    most.units += shown.units;
  }
  most.nodes += added.nodes;
  most.units += added.units;
  return most.nodes <= limits.nodes && most.units <= limits.units;
}

function addLevel(sum: Size, nodes: readonly Node[], level: LevelValue): void {
  for (let i = 0; i < nodes.length; i++) {
    const node = nodes[i] as Node;
    const part = level[node.key];
    if (part !== undefined) addPart(sum, node, part);
  }
}

/** A level that was cut is made anew for each view: what it holds is kept, and not it. */
function addPart(sum: Size, { mixed, fields }: Node, part: unknown): void {
  if (!mixed) {
    addKept(sum, part);
    return;
  }
  sum.nodes += 1;
  addLevel(sum, fields, part as LevelValue);
}
