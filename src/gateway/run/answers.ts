/** The HTTP responses that the gateway makes itself: a JSON-RPC error with one of these codes. */
import {
  bodyFaults,
  errorAnswer,
  idOf,
  isMessage,
  type Refusal,
  refusalOf,
  tooManyUnanswered,
} from "../transports/index.ts";

interface Answer {
  readonly status: number;
  /** The code of the JSON-RPC error. */
  readonly rpc: number;
  readonly text: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const answers = {
  parse_error: { status: 400, rpc: -32700, text: "The body must be one JSON document in UTF-8" },
  message_too_large: { status: 413, rpc: -32600, text: bodyFaults.too_large },
  body_timeout: { status: 408, rpc: -32600, text: bodyFaults.too_slow },
  session_unknown: { status: 404, rpc: -32001, text: "Session not found" },
  session_missing: { status: 400, rpc: -32600, text: "Mcp-Session-Id is missing" },
  event_unknown: {
    status: 400,
    rpc: -32600,
    text: "The event in Last-Event-ID is unknown or no longer kept: reconnect without it",
  },
  header_mismatch: {
    status: 400,
    rpc: -32020,
    text: "A header that repeats part of the request is missing, or differs from the body",
  },
  rate_limited: {
    status: 429,
    rpc: -32013,
    text: "More requests than limits.requestsPerMinute allows",
  },
  too_many_sessions: {
    status: 503,
    rpc: -32013,
    text: "Too many sessions or processes are open for limits.sessions, sessionsPerSubject or children: end a session, or try again later",
    headers: { "retry-after": "60" },
  },
  too_many_unanswered: { status: 429, rpc: -32013, text: tooManyUnanswered.message },
  too_many_bytes: { status: 429, rpc: -32013, text: bodyFaults.too_many },
  server_unavailable: { status: 503, rpc: -32014, text: "The server could not be reached" },
  shutting_down: {
    status: 503,
    rpc: -32014,
    text: "The gateway is shutting down",
    headers: { "retry-after": "5" },
  },
  audit_failed: {
    status: 503,
    rpc: -32014,
    text: "A record of the audit trail was lost: try again when records can be written",
    headers: { "retry-after": "5" },
  },
  method_not_allowed: {
    status: 405,
    rpc: -32600,
    text: "This method is not allowed here",
    headers: { allow: "GET, POST, DELETE" },
  },
  envoy_unsafe: {
    status: 503,
    rpc: -32014,
    text: "Envoy might let unjudged traffic pass, so requests are refused: see the log",
  },
  not_found: {
    status: 404,
    rpc: -32600,
    text: "There is nothing at this path: MCP is at /mcp unless the configuration says otherwise",
  },
  internal_error: { status: 500, rpc: -32603, text: "The gateway failed" },
} as const satisfies Record<string, Answer>;

export type AnswerCode = keyof typeof answers;

/** `body` is what the caller posted: a single request is answered by its id. */
export function answer(code: AnswerCode, body?: unknown): Response {
  const { status, headers = {} }: Answer = answers[code];
  return refused(refusalFor(code), body, { status, headers });
}

/** Says in the text, too, how long to wait, since clients of MCP seldom show headers. */
export function answerLimited(seconds: number): Response {
  const { status, rpc, text } = answers.rate_limited;
  const refusal = refusalOf(rpc, "rate_limited", `${text}: try again in ${seconds} s`);
  return refused(refusal, undefined, { status, headers: { "retry-after": String(seconds) } });
}

/** Answers a document that is not a message, or not an acceptable one. */
export function answerBad(fault: Refusal, body: unknown): Response {
  return refused(fault, body, { status: 400 });
}

function refused(refusal: Refusal, body: unknown, init: ResponseInit): Response {
  const { data, message: text } = refusal;
  return coded({ code: data.code, text }, Response.json(errorAnswer(idOf(body), refusal), init));
}

/** Returns the same error as a refusal, for a request that is answered in its stream. */
export function refusalFor(code: AnswerCode): Refusal {
  const { rpc, text } = answers[code];
  return refusalOf(rpc, code, text);
}

/**
 * Adds the code `message_rejected` to a refusal by the SDK, which applies the protocol's own rules,
 * for example on versions or the `Accept` header; `header_mismatch` if that is what it says.
 */
export async function codedRefusal(response: Response): Promise<Response> {
  const { status, statusText } = response;
  const document: unknown = await response.json().catch(() => undefined);
  const error = isMessage(document) && isMessage(document.error) ? document.error : undefined;
  if (!isMessage(document) || error === undefined)
    return coded({ code: "message_rejected" }, new Response(null, response));
  const code = error.code === answers.header_mismatch.rpc ? "header_mismatch" : "message_rejected";
  const data = { ...(isMessage(error.data) && error.data), code };
  const headers = new Headers(response.headers);
  headers.delete("content-length");
  const answered = { ...document, error: { ...error, data } };
  return coded({ code }, Response.json(answered, { status, statusText, headers }));
}

/** Why the gateway refused a request. */
interface Reason {
  readonly code: string;
  /** Absent if the SDK worded it, which may quote the caller. */
  readonly text?: string;
}

const reasons = new WeakMap<Response, Reason>();

/** Records the reason of a response that the gateway made itself, for `reasonOf`. */
function coded(reason: Reason, response: Response): Response {
  reasons.set(response, reason);
  return response;
}

/** Returns the reason of a response that the gateway made itself; undefined for all others. */
export function reasonOf(response: Response): Reason | undefined {
  return reasons.get(response);
}
