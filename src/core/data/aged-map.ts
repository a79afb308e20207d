/** An entry between those that were added before and after it. */
interface Entry<Value> {
  readonly value: Value;
  older: Entry<Value> | undefined;
  newer: Entry<Value> | undefined;
}

/**
 * A map in the order in which its entries were added, which finds the newest without looking at the
 * others, whichever were removed.
 */
export class AgedMap<Key, Value> {
  readonly #entries = new Map<Key, Entry<Value>>();
  #newest: Entry<Value> | undefined;

  get size(): number {
    return this.#entries.size;
  }

  get newest(): Value | undefined {
    return this.#newest?.value;
  }

  get(key: Key): Value | undefined {
    return this.#entries.get(key)?.value;
  }

  /** Adds an entry, which becomes the newest, in place of any with the same key. */
  add(key: Key, value: Value): void {
    this.remove(key);
    const entry: Entry<Value> = { value, older: this.#newest, newer: undefined };
    if (this.#newest) this.#newest.newer = entry;
    this.#newest = entry;
    this.#entries.set(key, entry);
  }

  /** Returns the value that was removed, if there was any. */
  remove(key: Key): Value | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    const { older, newer, value } = entry;
    this.#entries.delete(key);
    if (older) older.newer = newer;
    if (newer) newer.older = older;
    else this.#newest = older;
    return value;
  }

  /** The oldest first. */
  keys(): IterableIterator<Key> {
    return this.#entries.keys();
  }

  /** The values, the oldest first. */
  list(): readonly Value[] {
    return Array.from(this.#entries.values(), ({ value }) => value);
  }
}
