/**
 * The host, too, only adds to what is monotonic. Labels leave through `declassify` alone.
 *
 * A plugin can make envelopes, too, and call this in a realm that it has patched: a method of an
 * array, or a loop by its iterator, would hand the slot table out.
 */
import { beginsWith, hasAll } from "../data/index.ts";
import { TierViolationError } from "../errors/index.ts";
import { type CompiledSlots, type Node, nodeByKey } from "../slots/index.ts";
import type { Slots } from "./brand.ts";

/** @throws TierViolationError `tier_monotonic` when something monotonic in `before` is gone. */
export function assertGrown(slots: CompiledSlots, before: Slots, after: Slots): void {
  for (let i = 0; i < slots.nodes.length; i++) {
    const slot = slots.nodes[i] as Node;
    if (before[slot.key] !== after[slot.key]) check(slot, before[slot.key], after[slot.key]);
  }
}

function check(node: Node, before: unknown, after: unknown): void {
  if (before === undefined || before === after) return;
  const { grows } = node;
  if (grows !== undefined) checkList(node, part(before, grows), part(after, grows));
  else if (node.tier === "monotonic") checkList(node, before, after);
  else {
    for (let i = 0; i < node.fields.length; i++) {
      const field = node.fields[i] as Node;
      check(field, part(before, field.key), part(after, field.key));
    }
  }
}

function checkList(node: Node, before: unknown, after: unknown): void {
  const old = (before ?? []) as readonly string[];
  const now = (after ?? []) as readonly string[];
  const kept = growsSet(node) ? hasAll(now, old) : beginsWith(now, old);
  if (kept) return;
  throw new TierViolationError(
    "tier_monotonic",
    `${node.path} may only grow; something that was there is missing or changed. Use declassify to take a label away.`,
    { slot: node.path, tier: "monotonic" },
  );
}

/** Of a slot that grows, what counts is the field that does. */
function growsSet(node: Node): boolean {
  if (node.grows === undefined) return node.compiled.shape === "set";
  return growsSet(nodeByKey(node.fields, node.grows) as Node);
}

function part(level: unknown, key: string): unknown {
  return (level as Readonly<Record<string, unknown>> | undefined)?.[key];
}
