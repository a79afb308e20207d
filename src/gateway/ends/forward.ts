/** Sends a request on in the exchange that it came in, where a proxy in front holds it. */

export interface Forwarded {
  /** The path and the query at the server. Default: those that the caller asked for. */
  readonly path?: string;
  /** All that the server gets, beside what the proxy itself says. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

/**
 * Resolves to the server's answer. It works once: an exchange has one request.
 *
 * @throws Error (as a rejection) if the caller left, or the exchange is over
 */
export type Forward = (request: Forwarded) => Promise<Response>;
