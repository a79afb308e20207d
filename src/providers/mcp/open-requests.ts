import { maxOpen } from "./denials.ts";
import { isObject, type JsonObject } from "./json.ts";
import { keyOf } from "./transport.ts";

interface WithToken {
  /** The key of its progress token. */
  readonly token: string | undefined;
}

/** A request between those that were added before and after it. */
interface Open<Entry> {
  readonly entry: Entry;
  older: Open<Entry> | undefined;
  newer: Open<Entry> | undefined;
}

/** Unanswered requests, by the key of their id, by their progress token, and by their age. */
export class OpenRequests<Entry extends WithToken> {
  readonly #byKey = new Map<string, Open<Entry>>();
  readonly #byToken = new Map<string, Entry>();
  #newest: Open<Entry> | undefined;

  get size(): number {
    return this.#byKey.size;
  }

  get isFull(): boolean {
    return this.#byKey.size >= maxOpen;
  }

  get(key: string): Entry | undefined {
    return this.#byKey.get(key)?.entry;
  }

  /** The request that was added last, found without looking at the others. */
  get newest(): Entry | undefined {
    return this.#newest?.entry;
  }

  /** The request with a progress token: of two with the same token, the first. */
  ofToken(token: unknown): Entry | undefined {
    const key = keyOf(token);
    return key === undefined ? undefined : this.#byToken.get(key);
  }

  list(): readonly Entry[] {
    return Array.from(this.#byKey.values(), ({ entry }) => entry);
  }

  add(key: string, entry: Entry): void {
    this.remove(key);
    const open: Open<Entry> = { entry, older: this.#newest, newer: undefined };
    if (this.#newest) this.#newest.newer = open;
    this.#newest = open;
    this.#byKey.set(key, open);
    if (entry.token !== undefined && !this.#byToken.has(entry.token)) {
      this.#byToken.set(entry.token, entry);
    }
  }

  remove(key: string): void {
    const open = this.#byKey.get(key);
    if (open === undefined) return;
    const { entry, older, newer } = open;
    this.#byKey.delete(key);
    if (older) older.newer = newer;
    if (newer) newer.older = older;
    else this.#newest = older;
    const { token } = entry;
    if (token !== undefined && this.#byToken.get(token) === entry) this.#byToken.delete(token);
  }
}

/** The key of a request's progress token. */
export function tokenOf({ params }: JsonObject): string | undefined {
  const meta = isObject(params) ? params._meta : undefined;
  return isObject(meta) ? keyOf(meta.progressToken) : undefined;
}
