import { isObject, type JsonObject } from "./json.ts";
import type { Direction } from "./transport.ts";

/** Far more than a client shows, and few enough to keep. */
const maxNames = 65_536;
const maxUnits = 8_388_608;

/**
 * Remembers the names under which a server listed or linked its resources. They only grow: a name
 * that a resource once had stays its name, so that a policy for the name holds for the URI.
 *
 * Once there are too many, a resource without remembered names counts as one with any name.
 */
export class ResourceNames {
  readonly #names = new Map<string, Set<string>>();
  #count = 0;
  #units = 0;
  #isFull = false;

  /** Learns from items of lists and from links in results. A skill has its name in `frontmatter`. */
  learn(direction: Direction, items: readonly unknown[]): void {
    for (const item of items) {
      if (!isObject(item)) continue;
      const { uri, name, frontmatter } = item;
      for (const each of [name, isObject(frontmatter) && frontmatter.name]) {
        if (typeof uri === "string" && typeof each === "string") {
          this.#add(keyOf(direction, uri), each);
        }
      }
    }
  }

  /** Adds all names that another memory has. */
  addAll(other: ResourceNames): void {
    this.#isFull ||= other.#isFull;
    for (const [key, names] of other.#names) {
      for (const name of names) this.#add(key, name);
    }
  }

  #add(key: string, name: string): void {
    const known = this.#names.get(key);
    if (known?.has(name)) return;
    const units = name.length + (known === undefined ? key.length : 0);
    if (this.#count >= maxNames || this.#units + units > maxUnits) {
      this.#isFull = true;
      return;
    }
    this.#count += 1;
    this.#units += units;
    if (known === undefined) this.#names.set(key, new Set([name]));
    else known.add(name);
  }

  /** The names of a resource, or `undefined` if it may have any name. */
  of(direction: Direction, uri: string): readonly string[] | undefined {
    const names = this.#names.get(keyOf(direction, uri));
    return names === undefined && this.#isFull ? undefined : [...(names ?? [])];
  }
}

function keyOf(direction: Direction, uri: string): string {
  return `${direction} ${uri}`;
}

/** The resources and skills in the answer to one of `learnedLists`. */
export function listedIn({ result }: JsonObject): readonly unknown[] {
  const { resources, skills } = isObject(result) ? result : {};
  return [resources, skills].flatMap((list) => (Array.isArray(list) ? list : []));
}
