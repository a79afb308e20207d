/** What a translation does not carry over, as data: never dropped in silence, never a value. */

import { formatPath } from "../../core/errors/index.ts";

/** Something of a provider's document that its messages do not show. */
export interface Left {
  /** Where it is in the document: `messages[0].content[1]`. */
  readonly path: string;
  /**
   * `content` is what a model or a person would read, or what acts: a policy has not seen it.
   * `setting` is the rest, such as a temperature.
   */
  readonly kind: "content" | "setting";
  readonly reason: string;
}

/** Something of messages that a format cannot say, or that goes with an old item that does not stay. */
export interface Lost {
  /**
   * Where it is in the messages: `[0].content[2]`. Below `onto`, the path of an old item of that
   * document: `onto.messages[0].content[2]`.
   */
  readonly path: string;
  readonly reason: string;
}

/** Where a report of `onto` begins. */
const onto = "onto";

/** How many reports of one kind are listed. A document can give cause for any number. */
const mostListed = 1000;

/** Collects what one translation leaves out. */
export interface Collector<Item> {
  readonly add: (item: Item) => void;
  /**
   * What was met, in order; frozen. Of each kind the first 1 000, and one more report that counts
   * the others: its path is `(root)`, or `onto`.
   */
  readonly list: () => readonly Item[];
}

export function collector<Item extends Left | Lost>(): Collector<Item> {
  const items: Item[] = [];
  /** By kind, how many there are, and the first. */
  const met = new Map<string, { readonly first: Item; count: number }>();
  return {
    add(item) {
      const kind = "kind" in item ? item.kind : String(isRemoved(item));
      const known = met.get(kind) ?? { first: item, count: 0 };
      met.set(kind, known);
      known.count += 1;
      if (known.count <= mostListed) items.push(Object.freeze<Item>({ ...item }));
    },
    list() {
      const rest = [...met.values()].filter(({ count }) => count > mostListed);
      return Object.freeze([...items, ...rest.map(({ first, count }) => countOf(first, count))]);
    },
  };
}

/** The report that stands for those which are not listed. */
function countOf<Item extends Left | Lost>(first: Item, count: number): Item {
  const path = isRemoved(first) ? onto : pathOf();
  return Object.freeze<Item>({
    ...first,
    path,
    reason: `${count - mostListed} more of this kind.`,
  });
}

/** Tells of an old item, by its path, that nothing stands for any more. */
export type ReportRemoved = (path: string) => void;

/**
 * What tells of old items that do not stay. Told are those of which messages do not show all: that
 * nobody could keep. `left` is what reading the old document told; where it only counts the rest,
 * any item may be one of them.
 */
export function removedReporter(
  left: readonly Left[],
  report: (lost: Lost) => void,
): ReportRemoved {
  const unshown = new Set(left.flatMap(({ path }) => beginningsOf(path)));
  const isAny = unshown.has(pathOf());
  return (path) => {
    if (isAny || unshown.has(path)) report(removedItem(path));
  };
}

/** What is told of something in the old document that does not stay. */
export function removedItem(path: string): Lost {
  const reason = "It is dropped, with everything in it that messages do not show.";
  return { path: `${onto}${path.startsWith("[") ? "" : "."}${path}`, reason };
}

/** A path and those above it. */
function beginningsOf(path: string): readonly string[] {
  const ends = [...path.matchAll(/[.[]/g)].map(({ index }) => index);
  return [...ends, path.length].map((end) => path.slice(0, end));
}

/** Whether it is of an old item that does not stay, and not of the messages. */
export function isRemoved({ path }: Pick<Lost, "path">): boolean {
  return path.startsWith(onto);
}

/** A path as problems write it: `messages[0].content[1]`. */
export function pathOf(...keys: readonly (string | number)[]): string {
  return formatPath(keys);
}
