/** Sends a request on in the exchange that it came in, if a proxy in front holds the exchange. */
import { namedByConnection } from "../identity/index.ts";

export interface Forwarded {
  /** The path and query at the server. Default: those of the caller's request. */
  readonly path?: string;
  /** All headers that the server gets, except those that the proxy itself adds. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

/**
 * Resolves to the server's response. Can be called once only: an exchange has one request.
 *
 * @throws Error (as a rejection) if the caller left, or the exchange is over
 */
export type Forward = (request: Forwarded) => Promise<Response>;

/** The connection that a request came on. */
export interface Connection {
  /** The address of the client, if it is known. */
  readonly remote: string | undefined;
  /** Calls `listener` once the response has been sent, or its reader is gone. */
  onSent(listener: () => void): void;
  /** Sends the request on, if a proxy in front holds its exchange. */
  readonly forward?: Forward;
}

/** The connection of a caller who may send requests. */
export interface AdmittedConnection extends Connection {
  readonly held: Held;
}

/** The bytes of one request. They count while anything uses them. */
export interface Held {
  /** Adds bytes that have come, or returns false if requests already take too many. */
  take(bytes: number): boolean;
  /** Begins a use, and returns the function that ends it. */
  hold(): () => void;
}

/** Whether a response with this status never has a body. */
export function isEmptyStatus(status: number): boolean {
  return status === 204 || status === 205 || status === 304;
}

/** Returns the status with which a server's message can be passed on: others have no body. */
export function statusWithBody(status: number): number {
  return status === 202 || isEmptyStatus(status) || status > 599 ? 200 : status;
}

/** Whether a `content-encoding` says that a body is not sent as it is, for example compressed. */
export function isEncoded(coding: unknown): boolean {
  return coding !== undefined && coding !== null && coding !== "identity";
}

/**
 * Returns those of the named headers that are present, by lower-case name. Those that `Connection`
 * names stay behind: no plugin sees them.
 */
export function headersNamed(
  headers: Headers | undefined,
  names: readonly string[],
): Readonly<Record<string, string>> {
  if (headers === undefined) return {};
  const ofHop = namedByConnection(headers);
  const lower = names.map((name) => name.toLowerCase()).filter((name) => !ofHop.has(name));
  const entries = lower.map((name) => [name, headers.get(name)] as const);
  return Object.fromEntries(entries.filter((each): each is [string, string] => each[1] != null));
}
