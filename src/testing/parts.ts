/** The slot table as a flat list of parts, and which of them a grant opens. */
import { type CompiledSlots, defaultsOf, type Node } from "../core/slots/index.ts";
import { at, type Level } from "./data.ts";

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

/**
 * Whether the grant may not write the part, by any capability. The fields that a growing slot
 * derives change with its list.
 */
export function isShut(slots: CompiledSlots, { path, node }: Part, mask: number): boolean {
  if (node.fields.length > 0 || mayWrite(node, mask)) return false;
  const slot = slots.nodes.find(({ key }) => key === path[0]);
  return slot?.grows === undefined || !mayWrite(slot, mask);
}

/** The parts that a merge changed, among those that `chosen` selects. */
export function changedParts(
  slots: CompiledSlots,
  before: Level,
  after: Level,
  chosen: (part: Part) => boolean,
): readonly Part[] {
  if (before === after) return [];
  return partsOf(slots)
    .filter((part) => before[part.path[0] ?? ""] !== after[part.path[0] ?? ""] && chosen(part))
    .filter(
      ({ path }) => !Object.is(partValue(slots, before, path), partValue(slots, after, path)),
    );
}

/** The value of a part, or its default if its parent is absent. */
export function partValue(slots: CompiledSlots, envelope: Level, path: readonly string[]): unknown {
  const value = at(envelope, path);
  const above = path.slice(0, -1);
  if (value !== undefined || above.length === 0 || at(envelope, above) !== undefined) return value;
  const level = partsOf(slots).find((part) => `${part.path}` === `${above}`);
  const absent = level === undefined ? undefined : defaultsOf(level.node);
  // The level may be part of the default of the one above it.
  return at(partValue(slots, envelope, above) ?? absent, path.slice(-1));
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
