/**
 * Why a request is refused before its body is read, and the HTTP answer that says so.
 *
 * Rule: neither holds anything that the caller sent.
 */

/** JSON-RPC codes of these answers, in the same range as those of a guard. */
const rpcCodes = { 400: -32600, 401: -32015, 403: -32016, 405: -32600, 431: -32600, 503: -32017 };

/** Names of refusals, for operators, and in `data.code` of the answer. */
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
  /** The same for the operator, where there is more to say. Never a value. */
  readonly detail?: string | undefined;
  /** What the challenge says beside where to get a token. RFC 6750 §3.1. */
  readonly error?: "invalid_request" | "invalid_token" | "insufficient_scope";
}

/** Thrown on the way to an answer, and caught by `identify`. */
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
 * The answer. Its body is a JSON-RPC error without an id, as the transports of MCP answer, and
 * clients of models find `error.message` in it.
 */
export function answerOf(
  { status, code, reason }: Refusal,
  headers: Readonly<Record<string, string>> = {},
): Response {
  const error = { code: rpcCodes[status], message: reason, data: { code } };
  const body = JSON.stringify({ jsonrpc: "2.0", id: null, error });
  const always = { "content-type": "application/json", "cache-control": "no-store" };
  return new Response(body, { status, headers: { ...always, ...headers } });
}
