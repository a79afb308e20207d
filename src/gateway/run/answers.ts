/** The HTTP answers that the gateway makes itself: a JSON-RPC error with a code of ours. */
import { errorAnswer, type Refusal, type RequestId } from "../ends/index.ts";

const answers = {
  parse_error: { status: 400, rpc: -32700, text: "The body must be one JSON document in UTF-8" },
  message_too_large: { status: 413, rpc: -32600, text: "The message is larger than allowed" },
  body_timeout: { status: 408, rpc: -32600, text: "The body took too long to arrive" },
  session_unknown: { status: 404, rpc: -32001, text: "Session not found" },
  session_missing: { status: 400, rpc: -32600, text: "Mcp-Session-Id is missing" },
  header_mismatch: {
    status: 400,
    rpc: -32020,
    text: "A header that repeats the request is missing, or says something else than the body",
  },
  rate_limited: { status: 429, rpc: -32013, text: "Too many requests: wait as Retry-After says" },
  too_many_sessions: {
    status: 503,
    rpc: -32013,
    text: "Too many sessions are open: end one, or try again later",
  },
  server_unavailable: { status: 503, rpc: -32014, text: "The server could not be reached" },
  shutting_down: { status: 503, rpc: -32014, text: "The gateway is shutting down" },
  method_not_allowed: { status: 405, rpc: -32600, text: "This method is not allowed here" },
  not_found: { status: 404, rpc: -32600, text: "There is nothing at this path" },
  internal_error: { status: 500, rpc: -32603, text: "The gateway failed" },
} as const;

export type AnswerCode = keyof typeof answers;

export function answer(
  code: AnswerCode,
  headers: Readonly<Record<string, string>> = {},
  id: RequestId | null = null,
): Response {
  const { status, rpc, text } = answers[code];
  const error = { code: rpc, message: text, data: { code } };
  return coded(code, Response.json({ jsonrpc: "2.0", id, error }, { status, headers }));
}

/** The answer to a document that is no message, or one that does not fit. */
export function answerBad(fault: Refusal, id: RequestId | null): Response {
  return coded(fault.data.code, Response.json(errorAnswer(id, fault), { status: 400 }));
}

const codes = new WeakMap<Response, string>();

/** Notes the code of an answer that the gateway made itself, for `codeOf`. */
export function coded(code: string, response: Response): Response {
  codes.set(response, code);
  return response;
}

/** The code of an answer that the gateway made itself; undefined for all others. */
export function codeOf(response: Response): string | undefined {
  return codes.get(response);
}
