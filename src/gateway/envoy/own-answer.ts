/**
 * Answers of Envoy's own filters that come before external processing, such as `jwt_authn`,
 * `local_ratelimit`, `rbac` and `cors`. Their exchanges begin with the response.
 */
import { type HeaderMap, headersOf, receivedIn } from "./header-changes.ts";

/** What callers need to act on a refusal, and browsers on the answer to a preflight request. */
const passed = [
  "www-authenticate",
  "retry-after",
  "allow",
  "vary",
  "access-control-allow-origin",
  "access-control-allow-credentials",
  "access-control-allow-methods",
  "access-control-allow-headers",
  "access-control-allow-private-network",
  "access-control-expose-headers",
  "access-control-max-age",
];
/** The longest value of a header that passes, in bytes. */
const maxValue = 1_024;

/**
 * Returns what may pass of an answer whose request was not seen, always without a body; `undefined`
 * if nothing may.
 *
 * It may be a server's, to a request that nobody judged, so it must not look like a success: only
 * errors pass, and no redirect and no 304. The one exception is what `cors` answers to a preflight
 * request: 200, without a body, and with an origin and methods. A server could answer a call with
 * the same, but that has no message in it.
 */
export function ownAnswer(
  map: HeaderMap | null | undefined,
  hasBody: boolean,
): { readonly status: number; readonly headers: Headers } | undefined {
  const received = receivedIn(map);
  const status = received.get(":status")?.[0] ?? "";
  const isPreflight =
    status === "200" &&
    !hasBody &&
    received.has("access-control-allow-origin") &&
    received.has("access-control-allow-methods");
  if (!isPreflight && !/^[45]\d\d$/.test(status)) return undefined;
  const all = headersOf(new Map([...received].filter(([name]) => passed.includes(name))));
  const headers = new Headers([...all].filter(([, value]) => value.length <= maxValue));
  return { status: Number(status), headers };
}
