/**
 * Which old item a new one stands for, so that what an edit did not touch keeps its old form.
 *
 * Items that say the same are paired in order: the beginning, the end, and as many as can be of what
 * is between. What is left between two of them is paired by kind. An item that says what one says
 * that nothing stands for is that one, moved; so is one that has its name.
 */
import { longestMatch, type Place } from "./longest-match.ts";

export interface Pair {
  /** The old item; `undefined` for one that is new. */
  readonly at: number | undefined;
  /** Whether the two say the same. */
  readonly isSame: boolean;
  /** Whether it left its place among the others, so that what stood beside it stays behind. */
  readonly isMoved: boolean;
}

/** What makes two items that differ the same one. `undefined` is like nothing. */
export interface Likeness<Item> {
  /** Between two that are paired, items of a kind are one and the same. The finest comes first. */
  readonly kinds: readonly ((item: Item) => string | undefined)[];
  /** What an item keeps wherever it goes, as the id of a call. */
  readonly name?: (item: Item) => string | undefined;
}

/**
 * One pair for each item of `after`; no old item stands in two. Items are JSON data. Takes time in
 * the size of both and a logarithm.
 */
export function pairItems<Item extends object>(
  before: readonly Item[],
  after: readonly Item[],
  { kinds, name = () => undefined }: Likeness<Item>,
): readonly Pair[] {
  const [old, now] = textsOf(before, after, JSON.stringify);
  const pairing = new Pairing(longestMatch(old, now), before.length);
  // Where nothing was edited, each item is the one that says the same, however far it went.
  if (pairing.isOnlyMoved(old, now)) pairing.move(old, now);
  for (const kind of kinds) pairing.fill(...textsOf(before, after, kind));
  pairing.move(old, now);
  pairing.move(...textsOf(before, after, name));
  return pairing.places.map((at, i) => ({
    at,
    isSame: at !== undefined && old[at] === now[i],
    isMoved: pairing.moved.has(i),
  }));
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
  /** The new items that stand elsewhere among the others. */
  readonly moved = new Set<number>();
  readonly #taken: boolean[];

  constructor(places: readonly Place[], length: number) {
    this.places = [...places];
    this.#taken = new Array<boolean>(length).fill(false);
    for (const at of places) if (at !== undefined) this.#taken[at] = true;
  }

  /** Whether each item that is left, on one side, has one on the other that says the same. */
  isOnlyMoved(old: Texts, now: Texts): boolean {
    const open = this.#openPlaces(old);
    const left = this.places.flatMap((at, i) => (at === undefined ? [now[i]] : []));
    const found = left.filter((text) => open.get(text)?.pop() !== undefined).length;
    const removed = this.#taken.filter((isTaken) => !isTaken).length;
    return found > 0 && (found === removed || found === left.length);
  }

  /** Pairs what is left with the old item of that text, wherever it stood. */
  move(old: Texts, now: Texts): void {
    const open = this.#openPlaces(old);
    for (const [i, at] of this.places.entries()) {
      const found = at === undefined ? open.get(now[i])?.pop() : undefined;
      if (found === undefined) continue;
      this.#take(i, found);
      this.moved.add(i);
    }
  }

  /** Pairs what is left between two that stand in their order. */
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

  /** The old items that nothing stands for, by their text; of equal ones the first is last. */
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
