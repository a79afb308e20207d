/**
 * Why a request is refused before its body is read, and the HTTP response that says so.
 *
 * Rule: the response contains nothing that the caller sent. `detail` never quotes a credential.
 */

/** The JSON-RPC codes of these responses, in the same range as a guard's. */
const rpcCodes = { 400: -32600, 401: -32015, 403: -32016, 405: -32600, 431: -32600, 503: -32017 };

/** Names of refusals, which operators see and the response has in `data.code`. */
export type RefusalCode =
  | "host_refused"
  | "identity_ambiguous"
  | "identity_failed"
  | "identity_missing"
  | "header_invalid"
  | "headers_too_large"
  | "keys_unavailable"
  | "method_refused"
  | "origin_refused"
  | "scope_missing"
  | "token_invalid";

export interface Refusal {
  readonly status: keyof typeof rpcCodes;
  readonly code: RefusalCode;
  /** A sentence for the caller. */
  readonly reason: string;
  /** A sentence for the operator, if there is more to say. */
  readonly detail?: string | undefined;
  /** The challenge's error code. RFC 6750 §3.1. */
  readonly error?: "invalid_request" | "invalid_token" | "insufficient_scope";
}

/** Thrown while a request is being identified, and caught by `identify`. */
export class Refused extends Error {
  override readonly name = "Refused";
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.reason);
    this.refusal = refusal;
  }
}

export function invalidToken(reason: string, detail?: string): Refused {
  return new Refused({
    status: 401,
    code: "token_invalid",
    reason,
    detail,
    error: "invalid_token",
  });
}

/**
 * Returns the HTTP response. Its body is a JSON-RPC error without an id, like those of MCP
 * transports; clients of model APIs also find `error.message` in it.
 */
export function answerOf(
  { status, code, reason }: Refusal,
  headers: Readonly<Record<string, string>> = {},
): Response {
  const error = { code: rpcCodes[status], message: reason, data: { code } };
  const document = { jsonrpc: "2.0", id: null, error };
  return Response.json(document, { status, headers: { "cache-control": "no-store", ...headers } });
}
