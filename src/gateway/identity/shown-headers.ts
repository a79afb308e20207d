/** Chooses the request headers that plugins and servers may see. */
import { extensionsLimits, isHeaderName, isHeaderValue } from "../../core/data/index.ts";
import { sensitivityOf } from "../../core/observe/index.ts";
import { withHyphens } from "../config/index.ts";
import { type Refusal, Refused } from "./refusals.ts";

/** RFC 9110 §7.6.1, and headers that older programs add to those. */
const hopByHop: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authentication-info",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/**
 * Credentials whose names contain none of the usual words: tokens that cloud proxies add,
 * certificates, and session ids, since whoever knows one can use the session.
 */
const credential = /jwt|assertion|oidc|credential|signature|dpop|client-?cert|ssl-|session-id/;

const maxHeaders = extensionsLimits.headers;
const maxUnits = 32_768;

/** `hidden` are lower-case names. `x-user` hides `x_user` too. */
export function shownHeaders(hidden: readonly string[]) {
  const ours = new Set(hidden.map(withHyphens));
  /** A cache, since `check` and `of` are both called for the same request. */
  const known = new WeakMap<Headers, readonly (readonly [name: string, value: string])[]>();
  const shown = (headers: Headers) => {
    const found = known.get(headers) ?? chosen(headers);
    known.set(headers, found);
    return found;
  };
  const chosen = (headers: Headers) => {
    const ofHop = namedByConnection(headers);
    return [...headers].filter(
      ([name]) =>
        !hopByHop.has(name) &&
        !ofHop.has(name) &&
        !ours.has(withHyphens(name)) &&
        sensitivityOf(name) === undefined &&
        !credential.test(withHyphens(name)),
    );
  };
  return {
    /** Returns the headers that may be seen, by lower-case name. */
    of: (headers: Headers) => Object.freeze(Object.fromEntries(shown(headers))),
    /**
     * Throws `Refused` if the headers that may be seen do not fit into an envelope: nothing is
     * dropped silently.
     */
    check(headers: Headers): void {
      const entries = shown(headers);
      const units = entries.reduce((sum, [name, value]) => sum + name.length + value.length, 0);
      if (entries.length > maxHeaders || units > maxUnits || entries.some(isLong)) {
        throw new Refused(tooLarge);
      }
      if (!entries.every(([name, value]) => isHeaderName(name) && isHeaderValue(value))) {
        throw new Refused(invalid);
      }
    },
  };
}

/**
 * Returns the lower-case names of the headers that are for this connection alone, as `Connection`
 * says. RFC 9110 §7.6.1: whoever passes a message on removes them.
 */
export function namedByConnection(headers: Headers): ReadonlySet<string> {
  const names = (headers.get("connection") ?? "").toLowerCase().split(",");
  return new Set(names.map((each) => each.trim()));
}

function isLong([name, value]: readonly [string, string]): boolean {
  const { headerNameUnits, headerValueUnits } = extensionsLimits;
  return name.length > headerNameUnits || value.length > headerValueUnits;
}

const tooLarge: Refusal = {
  status: 431,
  code: "headers_too_large",
  reason: "The request has too many headers, or headers that are too large.",
};
const invalid: Refusal = {
  status: 400,
  code: "header_invalid",
  reason: "A header has characters that headers cannot have.",
};
