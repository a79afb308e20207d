/** What a conversion does not carry over, as data: always reported, and never with a value. */

import { formatPath } from "../../core/errors/index.ts";
import type { Path } from "./json.ts";
import type { LeftKind } from "./left-kinds.ts";

/** Part of a provider's document that its messages do not show. */
export interface Left {
  /** Where it is in the document: `messages[0].content[1]`. */
  readonly path: string;
  /**
   * No policy has seen what is not a `setting`: a model or a person would read it, or it has an
   * effect. `notAllowed` compares it with what a host accepts.
   */
  readonly kind: LeftKind;
  readonly reason: string;
}

/** Part of the messages that a format cannot express, or of an old item that was dropped. */
export interface Lost {
  /**
   * Where it is in the messages: `[0].content[2]`. Below `onto`, the path of an old item of that
   * document: `onto.messages[0].content[2]`.
   */
  readonly path: string;
  readonly reason: string;
}

/** How the path of a report about `onto` begins. */
const onto = "onto";

/** How many reports of one kind are listed: a document can cause any number. */
const mostListed = 1000;

/** Collects what one conversion leaves out. */
export interface Collector<Item> {
  /** `keys` lead to where it is, for a collector that needs more than the path. */
  readonly add: (item: Item, keys?: Path) => void;
  /**
   * The reports in order, frozen: of each kind the first 1 000, and one more report that counts
   * the others: its path is `(root)`, or `onto`.
   */
  readonly list: () => readonly Item[];
}

export function collector<Item extends Left | Lost>(): Collector<Item> {
  const items: Item[] = [];
  /** By kind: how many there are, and the first one. */
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

/** Reports an old item, by its path, that was removed. */
export type ReportRemoved = (path: string) => void;

/**
 * Reports removed items, but only those that messages did not show in full: the hidden part is
 * lost without anyone deciding so. `left` holds the reports of reading the old document; where it
 * only counts the rest, any item may be hidden in part.
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

/** The report for a removed item of the old document. */
export function removedItem(path: string): Lost {
  const reason = "It is dropped, with everything in it that messages do not show.";
  return { path: `${onto}${path.startsWith("[") ? "" : "."}${path}`, reason };
}

/** A path and those above it. */
function beginningsOf(path: string): readonly string[] {
  const ends = [...path.matchAll(/[.[]/g)].map(({ index }) => index);
  return [...ends, path.length].map((end) => path.slice(0, end));
}

/** Whether a report is about a removed item, not about the messages. */
export function isRemoved({ path }: Pick<Lost, "path">): boolean {
  return path.startsWith(onto);
}

/** A path in the notation of error messages: `messages[0].content[1]`. */
export function pathOf(...keys: readonly (string | number)[]): string {
  return formatPath(keys);
}
