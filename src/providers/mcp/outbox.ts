/** Sends headers that plugins wrote along with the request that they wrote them for. */
import { attempt } from "../../core/data/index.ts";
import { type HeaderChanges, withHeaderChanges } from "../guard/index.ts";
import { isObject } from "./json.ts";
import { isRequest, keyOf, type Wire } from "./transport.ts";

/** The option `fetch` of the SDK's HTTP transports. */
export type FetchLike = (url: string | URL, init?: RequestInit) => Promise<Response>;

/** The headers that plugins wrote, by the JSON-RPC message that they are sent with. */
const written = new WeakMap<object, HeaderChanges>();

export function sendWith(message: object, changes: HeaderChanges): void {
  written.set(message, changes);
}

/** How a transport gets the headers that plugins wrote. */
export interface HeaderSender {
  send(wire: Wire, message: unknown, options: unknown): Promise<void>;
}

/**
 * For a transport with `takesHeaders`: passes it the option `withHeaders`, a function that adds the
 * headers that plugins wrote to the transport's own.
 */
export const headerOption: HeaderSender = {
  async send(wire, message, options) {
    const changes = isObject(message) ? written.get(message) : undefined;
    if (changes === undefined) return wire.send(message, options);
    const withHeaders = (own: RequestInit["headers"]) => withHeaderChanges(own, changes);
    return wire.send(message, { ...(isObject(options) ? options : {}), withHeaders });
  },
};

interface Waiting {
  readonly changes: HeaderChanges;
  isTaken: boolean;
}

/** The `fetch` of one transport, which adds plugin headers to the requests it sends. */
export class Outbox implements HeaderSender {
  /** Header changes by request id; each stays until the transport has sent the request. */
  readonly #waiting = new Map<string, Waiting>();
  readonly #onUnused: () => void;
  readonly fetch: FetchLike;

  /** `onUnused` is called for a request that the transport sent without this `fetch`. */
  constructor(base: FetchLike | undefined, onUnused: () => void) {
    this.#onUnused = onUnused;
    const ask: FetchLike = base ?? ((url, init) => fetch(url, init));
    this.fetch = (url, init) => ask(url, this.#withWritten(init));
  }

  async send(wire: Wire, message: unknown, options: unknown): Promise<void> {
    const changes = isObject(message) ? written.get(message) : undefined;
    const key = isObject(message) ? keyOf(message.id) : undefined;
    if (changes === undefined || key === undefined) return wire.send(message, options);
    const waiting: Waiting = { changes, isTaken: false };
    this.#waiting.set(key, waiting);
    try {
      await wire.send(message, options);
    } finally {
      if (this.#waiting.get(key) === waiting) this.#waiting.delete(key);
    }
    // With a token the transport resumes a stream and does not send the request again.
    const isResumed = isObject(options) && options.resumptionToken !== undefined;
    if (!waiting.isTaken && !isResumed) this.#onUnused();
  }

  /**
   * A transport may fetch other things meanwhile, such as a token: only the body identifies the
   * request.
   */
  #withWritten(init: RequestInit | undefined): RequestInit | undefined {
    if (this.#waiting.size === 0 || typeof init?.body !== "string") return init;
    const key = requestIn(init.body);
    const waiting = key === undefined ? undefined : this.#waiting.get(key);
    if (waiting === undefined) return init;
    waiting.isTaken = true;
    return { ...init, headers: withHeaderChanges(init.headers, waiting.changes) };
  }
}

function requestIn(body: string): string | undefined {
  const message = attempt((): unknown => JSON.parse(body));
  return isObject(message) && isRequest(message) ? keyOf(message.id) : undefined;
}
