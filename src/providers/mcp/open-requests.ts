import { isObject, type JsonObject } from "./json.ts";
import { keyOf } from "./transport.ts";

/** How many requests of one session and direction may be open. */
export const maxOpen = 10_000;

interface WithToken {
  /** The key of the token that it asked to be told of its progress by. */
  readonly token: string | undefined;
}

/** Requests without an answer, by the key of their id and by their progress token. */
export class OpenRequests<Entry extends WithToken> {
  readonly #byKey = new Map<string, Entry>();
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

  /** The request that a progress token names: of two that gave the same, the first. */
  ofToken(token: unknown): Entry | undefined {
    const key = keyOf(token);
    return key === undefined ? undefined : this.#byToken.get(key);
  }

  list(): readonly (readonly [key: string, entry: Entry])[] {
    return [...this.#byKey];
  }

  add(key: string, entry: Entry): void {
    this.remove(key);
    this.#byKey.set(key, entry);
    if (entry.token !== undefined && !this.#byToken.has(entry.token)) {
      this.#byToken.set(entry.token, entry);
    }
  }

  remove(key: string): void {
    const entry = this.#byKey.get(key);
    this.#byKey.delete(key);
    const token = entry?.token;
    if (token !== undefined && this.#byToken.get(token) === entry) this.#byToken.delete(token);
  }

  clear(): void {
    this.#byKey.clear();
    this.#byToken.clear();
  }
}

/** The key of the token by which a request asks to be told of its progress. */
export function tokenOf({ params }: JsonObject): string | undefined {
  const meta = isObject(params) ? params._meta : undefined;
  return isObject(meta) ? keyOf(meta.progressToken) : undefined;
}
