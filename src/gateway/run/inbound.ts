/**
 * Reads what a caller posted, checking in this order: size, JSON, message, protocol era, and
 * whether the headers that repeat the message agree with it.
 */
import { mcpRequestHeaders } from "../../providers/mcp/index.ts";
import type { GatewayConfig } from "../config/index.ts";
import {
  callerLeft,
  documentIn,
  type Held,
  idOf,
  isMessage,
  type Message,
  messageFault,
  readBody,
  type ServerSdk,
} from "../transports/index.ts";
import { type AnswerCode, answer, answerBad, codedRefusal } from "./answers.ts";
import type { Limit } from "./endpoint.ts";

/** The parts of `@modelcontextprotocol/server` that are used. */
export interface McpSdk extends ServerSdk {
  readonly classifyInboundRequest: (request: {
    readonly httpMethod: string;
    readonly protocolVersionHeader?: string;
    readonly mcpMethodHeader?: string;
    readonly mcpNameHeader?: string;
    readonly body?: unknown;
  }) => Classified;
}

type Classified =
  | { readonly kind: "legacy" }
  | { readonly kind: "modern" }
  | {
      readonly kind: "reject";
      readonly httpStatus: number;
      readonly code: number;
      readonly message: string;
      readonly data?: unknown;
    };

/** The message of an exchange of MCP 2026-07-28, or a session's message or batch of messages. */
type Inbound =
  | { readonly isModern: true; readonly body: Message }
  | { readonly isModern: false; readonly body: unknown };

/** Resolves to what was posted, or to the response that refuses it. */
export async function readInbound(
  request: Request,
  sdk: Pick<McpSdk, "classifyInboundRequest">,
  limits: GatewayConfig["limits"],
  held: Held,
  limit: Limit,
): Promise<Inbound | Response> {
  const { text, refused } = await readBody(request, limits, held);
  // The caller left before its whole message had come.
  if (refused === "broken" && request.signal.aborted) return callerLeft();
  if (refused !== undefined) return answer(refusals[refused]);
  const body = documentIn(text);
  if (body === undefined) return answer("parse_error");
  const fault = messageFault(body);
  if (fault !== undefined) return answerBad(fault, body);
  const limited = Array.isArray(body) && body.length > 1 ? limit(body.length - 1) : undefined;
  if (limited !== undefined) return limited;
  const classified = sdk.classifyInboundRequest({
    httpMethod: "POST",
    ...named(request.headers),
    body,
  });
  if (classified.kind === "reject") {
    const { httpStatus: status, code, message, data } = classified;
    const document = { jsonrpc: "2.0", id: idOf(body), error: { code, message, data } };
    return codedRefusal(Response.json(document, { status }));
  }
  if (classified.kind === "legacy" || !isMessage(body)) return { isModern: false, body };
  if (!hasRepeated(request.headers, body)) return answer("header_mismatch", body);
  return { isModern: true, body };
}

const refusals: Readonly<Record<"too_large" | "too_slow" | "too_many" | "broken", AnswerCode>> = {
  too_large: "message_too_large",
  too_slow: "body_timeout",
  too_many: "too_many_bytes",
  broken: "parse_error",
};

function named(headers: Headers) {
  const of = (key: string, name: string) => {
    const value = headers.get(name);
    return value === null ? {} : { [key]: value };
  };
  return {
    ...of("protocolVersionHeader", "mcp-protocol-version"),
    ...of("mcpMethodHeader", "mcp-method"),
    ...of("mcpNameHeader", "mcp-name"),
  };
}

/**
 * Whether `mcp-protocol-version`, `mcp-method` and `mcp-name` are there and agree with the body. A
 * proxy that routes by headers would otherwise see another request than the server.
 */
function hasRepeated(headers: Headers, message: Message): boolean {
  const expected = Object.entries(mcpRequestHeaders(message));
  return expected.every(([name, value]) => textOf(headers.get(name)) === textOf(value));
}

/** Decodes a value in Base64 (SEP-2243). Returns undefined if the encoding is not canonical. */
function textOf(value: string | null): string | null | undefined {
  const encoded = /^=\?base64\?(.*)\?=$/s.exec(value ?? "")?.[1];
  if (encoded === undefined) return value;
  const bytes = Buffer.from(encoded, "base64");
  if (bytes.toString("base64") !== encoded) return undefined;
  return bytes.toString("utf8");
}
