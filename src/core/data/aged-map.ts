/** An entry between those that were set before and after it. */
interface Entry<Key, Value> {
  readonly key: Key;
  readonly value: Value;
  older: Entry<Key, Value> | undefined;
  newer: Entry<Key, Value> | undefined;
}

/**
 * A map in the order in which its entries were set, which finds the newest and the oldest without
 * looking at the others, whichever were deleted.
 */
export class AgedMap<Key, Value> {
  readonly #entries = new Map<Key, Entry<Key, Value>>();
  #oldest: Entry<Key, Value> | undefined;
  #newest: Entry<Key, Value> | undefined;

  get size(): number {
    return this.#entries.size;
  }

  get newest(): Value | undefined {
    return this.#newest?.value;
  }

  get oldestKey(): Key | undefined {
    return this.#oldest?.key;
  }

  get(key: Key): Value | undefined {
    return this.#entries.get(key)?.value;
  }

  /** Sets an entry, which becomes the newest. */
  set(key: Key, value: Value): void {
    this.delete(key);
    const entry: Entry<Key, Value> = { key, value, older: this.#newest, newer: undefined };
    if (this.#newest) this.#newest.newer = entry;
    else this.#oldest = entry;
    this.#newest = entry;
    this.#entries.set(key, entry);
  }

  /** Returns the value that was deleted, if there was any. */
  delete(key: Key): Value | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    const { older, newer, value } = entry;
    this.#entries.delete(key);
    if (older) older.newer = newer;
    else this.#oldest = newer;
    if (newer) newer.older = older;
    else this.#newest = older;
    return value;
  }

  clear(): void {
    this.#entries.clear();
    this.#oldest = undefined;
    this.#newest = undefined;
  }

  /** The keys, the oldest first. */
  keys(): IterableIterator<Key> {
    return this.#entries.keys();
  }

  list(): readonly (readonly [Key, Value])[] {
    return Array.from(this.#entries, ([key, { value }]) => [key, value]);
  }
}
