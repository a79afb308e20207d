/** Reports, as data, everything that a conversion does not carry over, but never its value. */

import { formatPath } from "../../core/errors/index.ts";
import type { Path } from "./json.ts";
import type { LeftKind } from "./left-kinds.ts";

/** Part of a provider's document that its messages do not show. */
export interface Left {
  /** Where it is in the document: `messages[0].content[1]`. */
  readonly path: string;
  /**
   * Anything but a `setting` has an effect or would be read by a model or a person, and no policy
   * has seen it. `notAllowed` compares it with what a host accepts.
   */
  readonly kind: LeftKind;
  readonly reason: string;
}

/** Part of the messages that a format cannot express, or of an old item that was dropped. */
export interface Lost {
  /**
   * Where it is in the messages: `[0].content[2]`. A path that begins with `onto` is that of an old
   * item in the `onto` document: `onto.messages[0].content[2]`.
   */
  readonly path: string;
  readonly reason: string;
  /**
   * `stored` if the provider may use the copy that it stored, as if the messages had not changed.
   * `setting` if messages showed all of an old item except for settings.
   */
  readonly kind?: "setting" | "stored";
}

/** How the path of a report about `onto` begins. */
const onto = "onto";

/** How many reports of one kind are listed, because a document can cause any number. */
const mostListed = 1000;

/** Collects what one conversion leaves out. */
export interface Collector<Item> {
  /** `keys` are the keys of its path, for a collector that needs more than the string. */
  readonly add: (item: Item, keys?: Path) => void;
  /**
   * Returns the reports in order, frozen: the first 1 000 of each kind, and one more that counts
   * the others, whose path is `(root)` or `onto`.
   */
  readonly list: () => readonly Item[];
}

export function collector<Item extends Left | Lost>(): Collector<Item> {
  const items: Item[] = [];
  /** By kind: how many reports there are, and the first one. */
  const met = new Map<string, { readonly first: Item; count: number }>();
  return {
    add(item) {
      const kind = item.kind ?? String(isRemoved(item));
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

/** Returns the report that stands for those that are not listed. */
function countOf<Item extends Left | Lost>(first: Item, count: number): Item {
  const path = isRemoved(first) ? onto : pathOf();
  return Object.freeze<Item>({
    ...first,
    path,
    reason: `${count - mostListed} more of this kind.`,
  });
}

/** Reports that an old item was removed, by its path. */
export type ReportRemoved = (path: string) => void;

/**
 * Reports removed items, but only those that messages did not show in full: their hidden part is
 * lost although nobody decided that, unless it is only settings. `left` has the reports from
 * reading the old document. If it does not list all of them, any item may have had a hidden part.
 */
export function removedReporter(
  left: readonly Left[],
  report: (lost: Lost) => void,
): ReportRemoved {
  const holders = (isSetting: boolean) => {
    const of = left.filter(({ kind }) => (kind === "setting") === isSetting);
    const paths = new Set(of.flatMap(({ path }) => beginningsOf(path)));
    return (path: string) => paths.has(pathOf()) || paths.has(path);
  };
  const hidesContent = holders(false);
  const hasSettings = holders(true);
  return (path) => {
    if (hidesContent(path)) report(removedItem(path));
    else if (hasSettings(path)) report({ ...removedItem(path), kind: "setting" });
  };
}

/** Returns the report for a removed item of the old document. */
export function removedItem(path: string): Lost {
  const reason = "It is dropped, with everything in it that messages do not show.";
  return { path: `${onto}${path.startsWith("[") ? "" : "."}${path}`, reason };
}

/** Returns a path and all paths above it. */
export function beginningsOf(path: string): readonly string[] {
  const ends = [...path.matchAll(/[.[]/g)].map(({ index }) => index);
  return [...ends, path.length].map((end) => path.slice(0, end));
}

/** Whether a report is about a removed item rather than the messages. */
export function isRemoved({ path }: Pick<Lost, "path">): boolean {
  return path === onto || path.startsWith(`${onto}.`) || path.startsWith(`${onto}[`);
}

/** Formats a path in the notation of error messages: `messages[0].content[1]`. */
export function pathOf(...keys: readonly (string | number)[]): string {
  return formatPath(keys);
}
