/**
 * Writes a changed list back over the items that it was read from.
 *
 * An item shows any number of parts. An item whose parts are unchanged stays as it is, a changed
 * one is written over, a removed one is dropped, and items that show nothing keep their places.
 */
import type { Pair } from "../rewrite/index.ts";

/** An item of a document, and the parts it shows. */
export interface Source<Item, Part> {
  readonly item: Item;
  readonly parts: readonly Part[];
  /** Where it is in the document. */
  readonly path: string;
}

/** A part to write, and its place in the new list. */
export interface Placed<Part> {
  readonly part: Part;
  readonly index: number;
  readonly isSame: boolean;
}

/** How to write one kind of list. `undefined` means that the format cannot express the item. */
export interface Writer<Item, Part> {
  readonly pair: (before: readonly Part[], after: readonly Part[]) => readonly Pair<Part>[];
  /**
   * An item whose parts changed: `now[i]` is the new form of its part `i`; at least one is left.
   */
  readonly over: (
    source: Source<Item, Part>,
    now: readonly (Placed<Part> | undefined)[],
  ) => Item | undefined;
  readonly fresh: (placed: Placed<Part>) => readonly Item[];
  /** An item that showed parts, all of which were removed. */
  readonly removed: (source: Source<Item, Part>) => void;
  /**
   * A part that stays in its item although something was inserted before it, which now follows it.
   */
  readonly reportMoved?: (placed: Placed<Part>) => void;
}

export function rewrite<Item, Part>(
  sources: readonly Source<Item, Part>[],
  after: readonly Part[],
  writer: Writer<Item, Part>,
): readonly Item[] {
  const before = sources.flatMap(({ parts }) => parts);
  const olds = sources.map((source, place) => {
    return { source, place, now: new Array<Placed<Part> | undefined>(source.parts.length) };
  });
  const owners = olds.flatMap((old) => old.source.parts.map((_, slot) => ({ old, slot })));
  /** In the order of writing: an old item, or new ones. */
  const order: ((typeof olds)[number] | readonly Item[])[] = [];
  /** By old item in `order`, the last of its parts. */
  const written = new Map<(typeof olds)[number], number>();
  let next = 0;
  const passHidden = (to: number) => {
    for (const old of olds.slice(next, to)) if (old.source.parts.length === 0) order.push(old);
    next = Math.max(next, to);
  };
  for (const [index, pair] of writer.pair(before, after).entries()) {
    const placed = { part: pair.item, index, isSame: pair.isSame };
    const owner = pair.at === undefined ? undefined : owners[pair.at];
    if (owner === undefined) {
      const items = writer.fresh(placed);
      if (items.length > 0) order.push(items);
      continue;
    }
    const { old, slot } = owner;
    old.now[slot] = placed;
    if (!pair.isMoved) passHidden(old.place);
    const last = written.get(old);
    if (last !== undefined) {
      if (order.at(-1) !== old || slot < last) writer.reportMoved?.(placed);
    } else order.push(old);
    written.set(old, slot);
  }
  passHidden(sources.length);
  for (const old of olds) {
    if (old.source.parts.length > 0 && !written.has(old)) writer.removed(old.source);
  }
  return order.flatMap((each) => {
    if (!("source" in each)) return each;
    const { source } = each;
    const now = [...each.now];
    if (now.every((placed) => placed?.isSame)) return [source.item];
    const item = writer.over(source, now);
    return item === undefined ? [] : [item];
  });
}
