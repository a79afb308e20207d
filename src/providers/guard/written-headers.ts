/** Finds the request headers that plugins wrote: compares the envelopes before and after them. */
import { headerFault } from "../../core/envelope/index.ts";
import { GlassineError, quoted } from "../../core/errors/index.ts";
import { isJsonObject } from "../rewrite/index.ts";

/** By lower-case name: its first spelling, and its values in both header maps of `http`. */
export type HeadersIn = ReadonlyMap<string, { readonly name: string; readonly values: string[] }>;

/** Changes to the headers of an HTTP request. */
export interface HeaderChanges {
  readonly set: readonly (readonly [name: string, value: string])[];
  /** Lower-case names with the values that the envelope had. */
  readonly removed: ReadonlyMap<string, readonly string[]>;
}

/**
 * The headers that a transport writes itself, in addition to those that frame the message. All that
 * begin with `mcp-` or `proxy-` are reserved, too.
 */
const reserved: readonly string[] = [
  "accept",
  "accept-encoding",
  "content-encoding",
  "content-type",
  "dpop",
  "expect",
  "last-event-id",
];

export function isTransportHeader(lower: string): boolean {
  return reserved.includes(lower) || lower.startsWith("mcp-") || lower.startsWith("proxy-");
}

/** Copies the headers in lookup order, because the host may change its own object later. */
export function headersIn(extensions: unknown): HeadersIn {
  const found = new Map<string, { readonly name: string; readonly values: string[] }>();
  const http = isJsonObject(extensions) ? extensions.http : undefined;
  if (!isJsonObject(http)) return found;
  for (const map of [http.headers, http.request_headers]) {
    for (const [name, value] of Object.entries(isJsonObject(map) ? map : {})) {
      const lower = name.toLowerCase();
      const known = found.get(lower);
      if (known === undefined) found.set(lower, { name, values: [String(value)] });
      else known.values.push(String(value));
    }
  }
  return found;
}

/**
 * Returns what plugins changed, and an error to report if they wrote names that they may not. A
 * value that the name had before was not written by a plugin, so what a caller sent is not passed
 * on.
 */
export function headerChanges(
  before: HeadersIn,
  after: HeadersIn,
): { readonly changes: HeaderChanges | undefined; readonly error: GlassineError | undefined } {
  const refused: string[] = [];
  const set: (readonly [string, string])[] = [];
  const removed = new Map<string, readonly string[]>();
  for (const [lower, { name, values }] of after) {
    const [value] = values as [string];
    if (before.get(lower)?.values.includes(value)) continue;
    const isFit = !isTransportHeader(lower) && headerFault(name, value) === undefined;
    if (isFit) set.push([name, value]);
    else refused.push(name);
  }
  for (const [lower, { name, values }] of before) {
    if (after.has(lower)) continue;
    if (isTransportHeader(lower) || headerFault(name, undefined) !== undefined) refused.push(name);
    else removed.set(lower, values);
  }
  const isSame = set.length === 0 && removed.size === 0;
  return {
    changes: isSame ? undefined : { set, removed },
    error: refused.length === 0 ? undefined : notSent(refused),
  };
}

function notSent(headers: readonly string[]): GlassineError {
  const names = headers.map((name) => quoted(name)).join(", ");
  return new GlassineError(
    "header_invalid",
    `Headers not sent: ${names}. The transport owns the name, or the name or value is malformed.`,
    { headers },
  );
}

/**
 * Applies changes to the transport's own headers. Removes a header only if it has a value that the
 * plugin removed: the transport may have set another.
 */
export function withHeaderChanges(own: RequestInit["headers"], changes: HeaderChanges): Headers {
  const headers = new Headers(own);
  for (const [name, values] of changes.removed) {
    const now = headers.get(name);
    if (values.some((value) => value.trim() === now)) headers.delete(name);
  }
  for (const [name, value] of changes.set) headers.set(name, value);
  return headers;
}
