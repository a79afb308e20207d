/** Headers as Envoy sends them, and the changes that Envoy is asked to make to them. */

interface HeaderValue {
  readonly key: string;
  readonly value?: string;
  readonly raw_value?: Uint8Array;
}

export interface HeaderMap {
  readonly headers?: readonly HeaderValue[];
}

export interface HeaderMutation {
  readonly set_headers: readonly { readonly header: HeaderValue }[];
  readonly remove_headers: readonly string[];
}

/** A message's headers by lower-case name, each with all its values. */
export type Received = ReadonlyMap<string, readonly string[]>;

export function receivedIn(map: HeaderMap | null | undefined): Received {
  const received = new Map<string, string[]>();
  for (const { key, value = "", raw_value: raw } of map?.headers ?? []) {
    const name = key.toLowerCase();
    const text = raw === undefined || raw.length === 0 ? value : latin1(raw);
    const known = received.get(name);
    if (known === undefined) received.set(name, [text]);
    else known.push(text);
  }
  return received;
}

/** Leaves out pseudo-headers, which begin with a colon. */
export function headersOf(received: Received): Headers {
  const headers = new Headers();
  for (const [name, values] of received)
    if (!name.startsWith(":")) for (const value of values) headers.append(name, value);
  return headers;
}

/** Headers of a request and of a response that Envoy itself sets and needs. */
const keptOfRequest = /^(?::.*|host|x-request-id|x-forwarded-proto)$/;
// Envoy sets `date` later, unless the server's is left.
const keptOfAnswer = /^:/;

function isKept(name: string, received: Received): boolean {
  if (received.has(":method")) return keptOfRequest.test(name);
  return received.has(":status") && keptOfAnswer.test(name);
}

/** Headers that frame a body, which Envoy writes. */
const framing = /^(?:content-length|transfer-encoding|connection)$/;

/**
 * Returns the changes that turn the received headers into `wanted`. All others are removed, except
 * those that Envoy itself sets and needs.
 */
export function changesTo(
  received: Received,
  wanted: Iterable<readonly [name: string, value: string]>,
  hasNewBody: boolean,
): HeaderMutation {
  const entries = [...wanted]
    .map(([name, value]) => [name.toLowerCase(), value] as const)
    .filter(([name]) => !framing.test(name));
  const names = new Set(entries.map(([name]) => name));
  const isLeft = (name: string) =>
    names.has(name) || isKept(name, received) || (framing.test(name) && !hasNewBody);
  return {
    // Without `append`, a header replaces all others of its name.
    set_headers: entries.map(([key, value]) => ({ header: { key, raw_value: bytesOf(value) } })),
    remove_headers: [...received.keys()].filter((name) => !isLeft(name)),
  };
}

function bytesOf(value: string): Uint8Array {
  return Buffer.from(value, "latin1");
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}
