import { AgedMap } from "../../core/data/index.ts";
import { maxOpen } from "./denials.ts";
import { isObject, type JsonObject } from "./json.ts";
import { keyOf } from "./transport.ts";

interface WithToken {
  /** The key of its progress token. */
  readonly token: string | undefined;
}

/** Unanswered requests, by the key of their id, by their progress token, and by their age. */
export class OpenRequests<Entry extends WithToken> {
  readonly #byKey = new AgedMap<string, Entry>();
  readonly #byToken = new Map<string, Entry>();

  get size(): number {
    return this.#byKey.size;
  }

  get isFull(): boolean {
    return this.#byKey.size >= maxOpen;
  }

  get(key: string): Entry | undefined {
    return this.#byKey.get(key);
  }

  /** The request that was added last, found without looking at the others. */
  get newest(): Entry | undefined {
    return this.#byKey.newest;
  }

  /** The request with a progress token: of two with the same token, the first. */
  ofToken(token: unknown): Entry | undefined {
    const key = keyOf(token);
    return key === undefined ? undefined : this.#byToken.get(key);
  }

  list(): readonly (readonly [key: string, entry: Entry])[] {
    return this.#byKey.list();
  }

  add(key: string, entry: Entry): void {
    this.remove(key);
    this.#byKey.set(key, entry);
    if (entry.token !== undefined && !this.#byToken.has(entry.token)) {
      this.#byToken.set(entry.token, entry);
    }
  }

  remove(key: string): void {
    const entry = this.#byKey.delete(key);
    const token = entry?.token;
    if (token !== undefined && this.#byToken.get(token) === entry) this.#byToken.delete(token);
  }

  clear(): void {
    this.#byKey.clear();
    this.#byToken.clear();
  }
}

/** The key of a request's progress token. */
export function tokenOf({ params }: JsonObject): string | undefined {
  const meta = isObject(params) ? params._meta : undefined;
  return isObject(meta) ? keyOf(meta.progressToken) : undefined;
}
