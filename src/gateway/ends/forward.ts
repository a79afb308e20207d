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

/** Whether an answer with this status has no body, whatever was asked. */
export function isEmptyStatus(status: number): boolean {
  return status === 204 || status === 205 || status === 304;
}

/** The headers of these names that there are, by names in lower case. */
export function headersNamed(
  headers: Headers | undefined,
  names: readonly string[],
): Readonly<Record<string, string>> {
  const entries = names.map((name) => [name.toLowerCase(), headers?.get(name)] as const);
  return Object.fromEntries(entries.filter((each): each is [string, string] => each[1] != null));
}
