/** The slot table as a flat list of parts, and which of them a grant opens. */
import type { CompiledSlots, Node } from "../core/slots/index.ts";

export interface Part {
  readonly path: readonly string[];
  readonly node: Node;
}

const parts = new WeakMap<CompiledSlots, readonly Part[]>();

/** Every slot and field, parents first. */
export function partsOf(slots: CompiledSlots): readonly Part[] {
  const under = (nodes: readonly Node[], above: readonly string[]): Part[] =>
    nodes.flatMap((node) => {
      const path = [...above, node.key];
      return [{ path, node }, ...under(node.fields, path)];
    });
  const known = parts.get(slots) ?? under(slots.nodes, []);
  parts.set(slots, known);
  return known;
}

export function isOpen(node: Node, mask: number): boolean {
  return node.open === 0 || (node.open & mask) !== 0;
}

/** Whether the part is hidden by its own gate or by one above it. */
export function isHidden(slots: CompiledSlots, path: readonly string[], mask: number): boolean {
  let nodes = slots.nodes;
  for (const key of path) {
    const node = nodes.find((each) => each.key === key);
    if (node === undefined || !isOpen(node, mask)) return true;
    nodes = node.fields;
  }
  return false;
}

export function mayWrite(node: Node, mask: number): boolean {
  return node.tier !== "immutable" && (node.write === 0 || (node.write & mask) !== 0);
}

/** The sets that may only grow, with the nodes whose capabilities let them grow. */
export function growingSets(slots: CompiledSlots): readonly Part[] {
  return partsOf(slots).filter(
    ({ node }) => node.tier === "monotonic" && node.compiled.shape === "set",
  );
}

/** The lists that may only grow, as slot and field. */
export function growingLists(slots: CompiledSlots) {
  return slots.nodes.flatMap((slot) => {
    const { grows: list } = slot;
    return list?.compiled.shape === "list" ? [{ slot, list }] : [];
  });
}
