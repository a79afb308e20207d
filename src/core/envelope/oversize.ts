/** Holds what a merge puts together against the limits as a whole. */
import { addSize, outgrown, type Size } from "../data/index.ts";
import type { CompiledSlots, Node } from "../slots/index.ts";
import { type Slots, sizeOf } from "./brand.ts";
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
 */
export function refuseOversize(state: MergeState, slots: CompiledSlots, step: Step): void {
  if (fitsEasily(state, slots, step.view)) return;
  const filter = filterFor(slots, state.mask);
  const before = filter(step.current);
  const after = filter(step.next);
  // The envelope itself is one value.
  const whole: Size = { nodes: 1, units: 0 };
  const grown: Size = { nodes: state.addedByOthers.nodes, units: state.addedByOthers.units };
  for (let i = 0; i < slots.names.length; i++) {
    const name = slots.names[i] as string;
    addSize(whole, step.view[name]);
    addSize(grown, after[name]);
    addSize(grown, before[name], -1);
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
 * Whether it would fit if the plugin had been shown all of what its view was cut from, and saw all
 * of what has come: then nothing has to be filtered. So how near the whole is to a limit can be
 * told by time, and by nothing else (N3).
 */
function fitsEasily(
  { addedByOthers, growth, limits }: MergeState,
  slots: CompiledSlots,
  view: Slots,
): boolean {
  const shown = sizeOf(slots, view);
  const nodes = shown.nodes + addedByOthers.nodes + growth.nodes;
  const units = shown.units + addedByOthers.units + growth.units;
  // A view shows empty sets and levels where there are none: at most one for each part. As many
  // can come into sight with what has come, where the view was cut under another grant.
  return nodes + 2 * slots.parts < limits.nodes && units <= limits.units;
}
