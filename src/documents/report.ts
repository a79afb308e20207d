/** What a translation does not carry over, as data: never dropped in silence, never a value. */

import { formatPath } from "../errors/index.ts";

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

/** Collects what one translation leaves out. */
export interface Collector<Item> {
  readonly add: (item: Item) => void;
  /** All of it, in the order it was met; frozen. */
  readonly list: () => readonly Item[];
}

export function collector<Item extends Left | Lost>(): Collector<Item> {
  const items: Item[] = [];
  return {
    add: (item) => {
      items.push(Object.freeze<Item>({ ...item }));
    },
    list: () => Object.freeze([...items]),
  };
}

/** Where a report of `onto` begins. */
const onto = "onto";

/** Tells of an old item, by its path, that nothing stands for any more. */
export type TellGone = (path: string) => void;

/**
 * What tells of old items that do not stay. Told are those of which messages do not show all: that
 * nobody could keep. `left` is what reading the old document told.
 */
export function goneTeller(left: readonly Left[], tell: (lost: Lost) => void): TellGone {
  const unshown = new Set(left.flatMap(({ path }) => beginningsOf(path)));
  return (path) => {
    if (unshown.has(path)) tell(goneAt(path));
  };
}

/** What is told of something in the old document that does not stay. */
export function goneAt(path: string): Lost {
  const reason = "It does not stay, and neither does what messages do not show of it.";
  return { path: `${onto}${path.startsWith("[") ? "" : "."}${path}`, reason };
}

/** A path and those above it. */
function beginningsOf(path: string): readonly string[] {
  const ends = [...path.matchAll(/[.[]/g)].map(({ index }) => index);
  return [...ends, path.length].map((end) => path.slice(0, end));
}

/** Whether it is of an old item that does not stay, and not of the messages. */
export function isGone({ path }: Lost): boolean {
  return path.startsWith(onto);
}

/** A path as problems write it: `messages[0].content[1]`. */
export function pathOf(...keys: readonly (string | number)[]): string {
  return formatPath(keys);
}
