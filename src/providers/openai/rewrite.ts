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
  readonly pair: (before: readonly Part[], after: readonly Part[]) => readonly Pair[];
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
  const owners = sources.flatMap(({ parts }, source) => parts.map((_, slot) => ({ source, slot })));
  const became = sources.map(({ parts }) => new Array<Placed<Part> | undefined>(parts.length));
  const pairs = writer.pair(before, after);
  /** In the order of writing: a place of an old item, or new ones. */
  const order: (number | readonly Item[])[] = [];
  /** By place of the old items in `order`, the last of its parts. */
  const written = new Map<number, number>();
  let next = 0;
  const passHidden = (to: number) => {
    for (; next < to; next += 1) if (sources[next]?.parts.length === 0) order.push(next);
  };
  for (const [index, part] of after.entries()) {
    const { at, isSame, isMoved } = pairs[index] as Pair;
    const placed = { part, index, isSame };
    if (at === undefined) {
      const items = writer.fresh(placed);
      if (items.length > 0) order.push(items);
      continue;
    }
    const { source, slot } = owners[at] as { source: number; slot: number };
    (became[source] as (Placed<Part> | undefined)[])[slot] = placed;
    if (!isMoved) passHidden(source);
    const last = written.get(source);
    if (last !== undefined) {
      if (order.at(-1) !== source || slot < last) writer.reportMoved?.(placed);
    } else order.push(source);
    written.set(source, slot);
  }
  passHidden(sources.length);
  for (const [at, source] of sources.entries()) {
    if (source.parts.length > 0 && !written.has(at)) writer.removed(source);
  }
  return order.flatMap((each) => {
    if (typeof each !== "number") return each;
    const now = [...(became[each] ?? [])];
    const source = sources[each] as Source<Item, Part>;
    if (now.every((placed) => placed?.isSame)) return [source.item];
    const item = writer.over(source, now);
    return item === undefined ? [] : [item];
  });
}
