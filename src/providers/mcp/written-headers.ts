/** What plugins wrote of the headers of a request: the envelope as the host gave it, against what they left. */
import { headerFault } from "../../core/envelope/index.ts";
import { isObject } from "./json.ts";

/** Of each name, in lower case: how it is spelt first, and its values in both maps of `http`. */
export type HeadersIn = ReadonlyMap<string, { readonly name: string; readonly values: string[] }>;

/** What is to be done to the headers of an HTTP request. */
export interface HeaderChanges {
  readonly set: readonly (readonly [name: string, value: string])[];
  /** In lower case, with the values that the envelope gave for it. */
  readonly removed: ReadonlyMap<string, readonly string[]>;
}

/**
 * The headers that a transport writes by itself, beside those that frame the message. Each that
 * begins with `mcp-` or `proxy-` is one as well.
 */
const reserved: readonly string[] = [
  ...["accept", "accept-encoding", "content-encoding", "content-type"],
  ...["dpop", "expect", "last-event-id"],
];

function isReserved(lower: string): boolean {
  return reserved.includes(lower) || lower.startsWith("mcp-") || lower.startsWith("proxy-");
}

/** A copy, in the order in which a header is looked up. The host may change its own object later. */
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

/** By the JSON-RPC message that they are to be sent with. */
const written = new WeakMap<object, HeaderChanges>();

export function writtenFor(message: unknown): HeaderChanges | undefined {
  return isObject(message) ? written.get(message) : undefined;
}

/**
 * Notes for `message` what plugins wrote. A value that was there before under this name is nobody's
 * writing, so what a caller sent stays here.
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
