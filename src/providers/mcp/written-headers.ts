/** The request headers that plugins wrote: compares the host's envelope with the one they left. */
import { headerFault } from "../../core/envelope/index.ts";
import { isObject } from "./json.ts";

/** By lower-case name: its first spelling, and its values in both maps of `http`. */
export type HeadersIn = ReadonlyMap<string, { readonly name: string; readonly values: string[] }>;

/** Changes to the headers of an HTTP request. */
export interface HeaderChanges {
  readonly set: readonly (readonly [name: string, value: string])[];
  /** Lower-case names with the values that the envelope had. */
  readonly removed: ReadonlyMap<string, readonly string[]>;
}

/**
 * The headers that a transport writes itself, in addition to those that frame the message. Each
 * that begins with `mcp-` or `proxy-` is one too.
 */
const reserved: readonly string[] = [
  ...["accept", "accept-encoding", "content-encoding", "content-type"],
  ...["dpop", "expect", "last-event-id"],
];

function isReserved(lower: string): boolean {
  return reserved.includes(lower) || lower.startsWith("mcp-") || lower.startsWith("proxy-");
}

/** Copies the headers in lookup order, because the host may change its own object later. */
export function headersIn(extensions: unknown): HeadersIn {
  const found = new Map<string, { readonly name: string; readonly values: string[] }>();
  const http = isObject(extensions) ? extensions.http : undefined;
  if (!isObject(http)) return found;
  for (const map of [http.headers, http.request_headers]) {
    for (const [name, value] of Object.entries(isObject(map) ? map : {})) {
      const lower = name.toLowerCase();
      const known = found.get(lower);
      if (known === undefined) found.set(lower, { name, values: [String(value)] });
      else known.values.push(String(value));
    }
  }
  return found;
}

/** Header changes by the JSON-RPC message that they are sent with. */
const written = new WeakMap<object, HeaderChanges>();

export function writtenFor(message: unknown): HeaderChanges | undefined {
  return isObject(message) ? written.get(message) : undefined;
}

/**
 * Records for `message` what plugins wrote. A value that the name had before was not written by a
 * plugin, so what a caller sent is not passed on.
 *
 * @returns the names that plugins may not write
 */
export function noteWritten(message: object, before: HeadersIn, after: HeadersIn): string[] {
  const refused: string[] = [];
  const set: (readonly [string, string])[] = [];
  const removed = new Map<string, readonly string[]>();
  for (const [lower, { name, values }] of after) {
    const [value] = values as [string];
    if (before.get(lower)?.values.includes(value)) continue;
    const isFit = !isReserved(lower) && headerFault(name, value) === undefined;
    if (isFit) set.push([name, value]);
    else refused.push(name);
  }
  for (const [lower, { name, values }] of before) {
    if (after.has(lower)) continue;
    if (isReserved(lower) || headerFault(name, undefined) !== undefined) refused.push(name);
    else removed.set(lower, values);
  }
  if (set.length > 0 || removed.size > 0) written.set(message, { set, removed });
  return refused;
}
