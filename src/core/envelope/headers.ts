/** What holds for headers wherever they are read or written. */
import { intrinsics, isHeaderName, isHeaderValue } from "../data/index.ts";
import type { ErrorCode } from "../errors/index.ts";

const { create, enumerableKeys, freeze, newRecord, toLowerAscii } = intrinsics;

/** A map of header names, as the document spells them, to values. */
export type HeaderMap = { readonly [name: string]: string };

// Hop-by-hop and framing fields (RFC 9110 §7.6.1, RFC 9112 §6): who writes one of these can
// split or smuggle requests.
const framing: Record<string, true> = Object.assign(create(null), {
  connection: true,
  "content-length": true,
  host: true,
  "keep-alive": true,
  "proxy-connection": true,
  te: true,
  trailer: true,
  "transfer-encoding": true,
  upgrade: true,
});

/** Why a plugin may not write this header, or `undefined` when it may. */
export function headerFault(
  name: string,
  value: string | undefined,
  lower: string = toLowerAscii(name),
): ErrorCode | undefined {
  if (!isHeaderName(name) || framing[lower] === true) return "header_invalid";
  return value !== undefined && !isHeaderValue(value) ? "header_invalid" : undefined;
}

/** Whether a name is this one, in any case. Most are told by their length. */
export function isNamed(name: string, lower: string): boolean {
  return name.length === lower.length && toLowerAscii(name) === lower;
}

/** The name under which `map` has `name`, in any case; the first as written. */
export function spellingOf(map: HeaderMap | undefined, name: string): string | undefined {
  if (map === undefined) return undefined;
  const wanted = toLowerAscii(name);
  const names = enumerableKeys(map);
  for (let i = 0; i < names.length; i++) {
    const found = names[i] as string;
    if (isNamed(found, wanted)) return found;
  }
  return undefined;
}

/** The maps of both generations, in the order in which a header is looked up. */
export const headerMaps = ["headers", "request_headers"] as const;

export interface HttpMaps {
  readonly headers?: HeaderMap | undefined;
  readonly request_headers?: HeaderMap | undefined;
}

/** The map that holds `name`, or else the one the document uses. */
function mapFor(http: HttpMaps | undefined, name: string): "headers" | "request_headers" {
  if (spellingOf(http?.headers, name) !== undefined) return "headers";
  if (http?.request_headers === undefined) return "headers";
  if (spellingOf(http.request_headers, name) !== undefined) return "request_headers";
  return enumerableKeys(http.headers ?? {}).length > 0 ? "headers" : "request_headers";
}

/** The value of a header in either generation's map, name in any case. */
export function findHeader(http: HttpMaps | undefined, name: string): string | undefined {
  const map = http?.[mapFor(http, name)];
  const spelling = spellingOf(map, name);
  return spelling === undefined ? undefined : map?.[spelling];
}

/**
 * The headers of both generations in one map, each as `findHeader` finds it. Where only one map
 * has any, it is that map.
 */
export function joinedHeaders(http: HttpMaps | undefined): HeaderMap | undefined {
  if (http === undefined) return undefined;
  const { headers, request_headers: newer } = http;
  if (newer === undefined || enumerableKeys(newer).length === 0) return headers;
  if (headers === undefined || enumerableKeys(headers).length === 0) return newer;
  const joined: Record<string, string> = create(null);
  const found = newRecord();
  const names = enumerableKeys(headers);
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as string;
    joined[name] = headers[name] as string;
    found[toLowerAscii(name)] = true;
  }
  const others = enumerableKeys(newer);
  for (let i = 0; i < others.length; i++) {
    const name = others[i] as string;
    if (found[toLowerAscii(name)] !== true) joined[name] = newer[name] as string;
  }
  return freeze(joined);
}
