import { AgedMap } from "../../core/data/index.ts";
import { maxOpen } from "./denials.ts";
import { isObject, type JsonObject } from "./json.ts";
import { keyOf } from "./transport.ts";

interface WithToken {
  /** The key of its progress token. */
  readonly token: string | undefined;
}

/** Unanswered requests, by the key of their id, by their progress token, and by their age. */
export class OpenRequests<Entry extends WithToken> extends AgedMap<string, Entry> {
  readonly #byToken = new Map<string, Entry>();

  get isFull(): boolean {
    return this.size >= maxOpen;
  }

  /** The request with a progress token: of two with the same token, the first. */
  ofToken(token: unknown): Entry | undefined {
    const key = keyOf(token);
    return key === undefined ? undefined : this.#byToken.get(key);
  }

  override add(key: string, entry: Entry): void {
    super.add(key, entry);
    if (entry.token !== undefined && !this.#byToken.has(entry.token)) {
      this.#byToken.set(entry.token, entry);
    }
  }

  override remove(key: string): Entry | undefined {
    const entry = super.remove(key);
    const token = entry?.token;
    if (token !== undefined && this.#byToken.get(token) === entry) this.#byToken.delete(token);
    return entry;
  }
}

/** The key of a request's progress token. */
export function tokenOf({ params }: JsonObject): string | undefined {
  const meta = isObject(params) ? params._meta : undefined;
  return isObject(meta) ? keyOf(meta.progressToken) : undefined;
}
