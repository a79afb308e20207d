/** Rules for headers, wherever they are read or written. */
import { isHeaderName, isHeaderValue } from "../data/index.ts";
import {
  create,
  enumerableKeys,
  forEach,
  freeze,
  newRecord,
  ownValue,
  toLowerAscii,
} from "../data/intrinsics.ts";
import type { ErrorCode } from "../errors/index.ts";

/** A map of header names, as the document spells them, to values. */
export type HeaderMap = { readonly [name: string]: string };

// Hop-by-hop and framing fields (RFC 9110 §7.6.1, RFC 9112 §6): whoever writes one of these can
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

/** Returns why a plugin may not write this header, or `undefined` if it may. */
export function headerFault(
  name: string,
  value: unknown,
  lower: string = toLowerAscii(name),
): ErrorCode | undefined {
  if (!isHeaderName(name) || framing[lower] === true) return "header_invalid";
  return typeof value === "string" && !isHeaderValue(value) ? "header_invalid" : undefined;
}

/** Whether two names are equal, ignoring case. Most already differ in length. */
export function isNamed(name: string, lower: string): boolean {
  return name.length === lower.length && toLowerAscii(name) === lower;
}

/** Returns the first key of `map` that equals `name`, ignoring case. */
export function spellingOf(map: unknown, name: string): string | undefined {
  const wanted = toLowerAscii(name);
  let found: string | undefined;
  forEach(namesOf(map), (spelling) => {
    if (found === undefined && isNamed(spelling, wanted)) found = spelling;
  });
  return found;
}

/** Returns the names in a map; none if it is not a map. */
export function namesOf(map: unknown): readonly string[] {
  return typeof map === "object" && map !== null ? enumerableKeys(map) : [];
}

/** The maps of both generations, in the order in which a header is looked up. */
export const headerMaps = ["headers", "request_headers"] as const;

/**
 * Returns a header's value from the first of `headerMaps` in the `http` slot that has the name,
 * ignoring case.
 */
export function findHeader(http: unknown, name: string): string | undefined {
  let found: string | undefined;
  forEach(headerMaps, (field) => {
    const map = ownValue(http, field);
    const spelling = found === undefined ? spellingOf(map, name) : undefined;
    const value = spelling === undefined ? undefined : ownValue(map, spelling);
    if (typeof value === "string") found = value;
  });
  return found;
}

/**
 * Joins the headers of both generations in one map, each as `findHeader` finds it. If only one map
 * has any, returns that map.
 */
export function joinedHeaders(http: HttpMaps | undefined): HeaderMap | undefined {
  const { headers, request_headers: newer } = http ?? {};
  if (newer === undefined || enumerableKeys(newer).length === 0) return headers;
  if (headers === undefined || enumerableKeys(headers).length === 0) return newer;
  const joined: Record<string, string> = create(null);
  const found = newRecord();
  forEach([headers, newer], (map) => {
    const isFirst = map === headers;
    forEach(enumerableKeys(map), (name) => {
      const lower = toLowerAscii(name);
      const value = map[name];
      if (value === undefined || (!isFirst && found[lower] === true)) return;
      joined[name] = value;
      if (isFirst) found[lower] = true;
    });
  });
  return freeze(joined);
}

interface HttpMaps {
  readonly headers?: HeaderMap | undefined;
  readonly request_headers?: HeaderMap | undefined;
}
