/**
 * Finds which old item a new one replaces, so that what an edit did not touch keeps its old form.
 *
 * Equal items are paired in order: those at the beginning, those at the end, and as many as
 * possible in between. The items in the gaps are paired by kind. A new item that equals a
 * remaining old one, or has the same name, has moved.
 */
import { longestMatch, type Place } from "./longest-match.ts";

export interface Pair<Item> {
  readonly item: Item;
  /** The old item that this one replaces; `undefined` if it is new. */
  readonly old: Item | undefined;
  /** The index of the old item. */
  readonly at: number | undefined;
  readonly isSame: boolean;
  /** Whether it moved among the others, so that its old neighbors stay where they were. */
  readonly isMoved: boolean;
}

/** How to find that two items are versions of the same one. `undefined` matches nothing. */
export interface Likeness<Item> {
  /** Kinds by which items in a gap are paired, from the narrowest to the widest. */
  readonly kinds: readonly ((item: Item) => string | undefined)[];
  /** What identifies an item wherever it moves, such as the id of a call. */
  readonly name?: (item: Item) => string | undefined;
}

/**
 * Returns a pair for each item of `after`. No old item is in two pairs. Items are JSON data. Takes
 * O(n log n) time, where n is the size of both lists.
 */
export function pairItems<Item extends object>(
  before: readonly Item[],
  after: readonly Item[],
  { kinds, name = () => undefined }: Likeness<Item>,
): readonly Pair<Item>[] {
  const texts = new Map<Item, string>();
  const textOf = (item: Item) => {
    const text = texts.get(item) ?? JSON.stringify(item);
    texts.set(item, text);
    return text;
  };
  const [old, now] = textsOf(before, after, textOf);
  const pairing = new Pairing(longestMatch(old, now), before.length);
  // If nothing was edited, each item pairs with its equal, however far it moved.
  if (pairing.isOnlyMoved(old, now)) pairing.move(old, now);
  for (const kind of kinds) pairing.fill(...textsOf(before, after, kind));
  pairing.move(old, now);
  pairing.move(...textsOf(before, after, name));
  return after.map((item, i) => {
    const at = pairing.places[i];
    return {
      item,
      old: at === undefined ? undefined : before[at],
      at,
      isSame: at !== undefined && old[at] === now[i],
      isMoved: pairing.moved.has(i),
    };
  });
}

type Texts = readonly (string | undefined)[];

function textsOf<Item>(
  before: readonly Item[],
  after: readonly Item[],
  textOf: (item: Item) => string | undefined,
): readonly [Texts, Texts] {
  return [before.map((item) => textOf(item)), after.map((item) => textOf(item))];
}

class Pairing {
  readonly places: Place[];
  /** The new items that moved among the others. */
  readonly moved = new Set<number>();
  readonly #taken: boolean[];

  constructor(places: readonly Place[], length: number) {
    this.places = [...places];
    this.#taken = new Array<boolean>(length).fill(false);
    for (const at of places) if (at !== undefined) this.#taken[at] = true;
  }

  /** Whether all unpaired items of one side, old or new, have an equal one on the other. */
  isOnlyMoved(old: Texts, now: Texts): boolean {
    const open = this.#openPlaces(old);
    const left = this.places.flatMap((at, i) => (at === undefined ? [now[i]] : []));
    const found = left.filter((text) => open.get(text)?.pop() !== undefined).length;
    const removed = this.#taken.filter((isTaken) => !isTaken).length;
    return found > 0 && (found === removed || found === left.length);
  }

  /** Pairs each unpaired item with an unpaired old item that has the same text, wherever it was. */
  move(old: Texts, now: Texts): void {
    const open = this.#openPlaces(old);
    for (const [i, at] of this.places.entries()) {
      const found = at === undefined ? open.get(now[i])?.pop() : undefined;
      if (found === undefined) continue;
      this.#take(i, found);
      this.moved.add(i);
    }
  }

  /** Pairs the unpaired items in the gaps between pairs that kept their order. */
  fill(old: Texts, now: Texts): void {
    let from = 0;
    let gap: number[] = [];
    for (let i = 0; i <= this.places.length; i++) {
      if (this.moved.has(i)) continue;
      const at = i < this.places.length ? this.places[i] : old.length;
      if (at === undefined) gap.push(i);
      else {
        this.#fillGap(this.#openBetween(from, at), gap, old, now);
        from = at + 1;
        gap = [];
      }
    }
  }

  #fillGap(open: readonly number[], gap: readonly number[], old: Texts, now: Texts): void {
    if (open.length === 0 || gap.length === 0) return;
    const found = longestMatch(
      open.map((at) => old[at]),
      gap.map((i) => now[i]),
    );
    for (const [place, at] of found.entries()) {
      if (at !== undefined) this.#take(gap[place] as number, open[at] as number);
    }
  }

  #take(i: number, at: number): void {
    this.places[i] = at;
    this.#taken[at] = true;
  }

  #openBetween(from: number, end: number): readonly number[] {
    const open: number[] = [];
    for (let at = from; at < end; at++) if (this.#taken[at] === false) open.push(at);
    return open;
  }

  /** Returns the unpaired old items by text, in reverse order, so that `pop` returns the first. */
  #openPlaces(old: Texts): Map<string | undefined, number[]> {
    const open = new Map<string | undefined, number[]>();
    for (const at of this.#openBetween(0, old.length).toReversed()) {
      const text = old[at];
      if (text === undefined) continue;
      const known = open.get(text);
      if (known === undefined) open.set(text, [at]);
      else known.push(at);
    }
    return open;
  }
}
