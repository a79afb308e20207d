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

/** Something of messages that a format cannot say. */
export interface Lost {
  /** Where it is in the messages: `[0].content[2]`. */
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

/** A path as problems write it: `messages[0].content[1]`. */
export function pathOf(...keys: readonly (string | number)[]): string {
  return formatPath(keys);
}
