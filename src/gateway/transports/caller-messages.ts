/**
 * What a caller may send: JSON-RPC 2.0 as narrowed by MCP, with params that are objects, and ids
 * that survive JSON unchanged.
 */
import type { ServerEvent } from "../../providers/http/event-reader.ts";
import { documentIn } from "./json-lines.ts";
import {
  cancelledBy,
  isMessage,
  isRequest,
  keyOf,
  type Message,
  type Refusal,
  type RequestId,
  type RequestMessage,
  refusalOf,
  writingFault,
} from "./transport.ts";

const maxIdLength = 1024;

const invalid = refusalOf(
  -32600,
  "message_invalid",
  "The document is not a valid JSON-RPC 2.0 message of MCP",
);
const invalidId = refusalOf(
  -32600,
  "invalid_request_id",
  `The request id must be a string of at most ${maxIdLength} characters or a safe integer`,
);
export const batchRefused = refusalOf(
  -32600,
  "batch_refused",
  "Only sessions of MCP 2024-11-05 and 2025-03-26 take batches",
);
export const idInUse = refusalOf(-32012, "request_id_in_use", "The request id is in use");

/** Returns why a document is not a message or batch of messages, or undefined if it is. */
export function messageFault(document: unknown): Refusal | undefined {
  const messages = messagesIn(document);
  if (messages.length === 0) return invalid;
  return messages.map(faultOf).find((fault) => fault !== undefined) ?? writingFault(document);
}

function faultOf(message: unknown): Refusal | undefined {
  if (!isMessage(message) || message.jsonrpc !== "2.0") return invalid;
  const { id, method, params, result, error } = message;
  if (params !== undefined && !isMessage(params)) return invalid;
  const answers = [result, error].filter((each) => each !== undefined).length;
  if (method === undefined) {
    // An error without an id reports a message that could not be read.
    const isStray = error !== undefined && (id === undefined || id === null);
    if (answers !== 1 || (result === undefined && !isMessage(error))) return invalid;
    return isStray || isId(id) ? undefined : invalidId;
  }
  if (typeof method !== "string" || method === "" || answers > 0) return invalid;
  return id === undefined || isId(id) ? undefined : invalidId;
}

function isId(id: unknown): id is RequestId {
  return typeof id === "string" ? id.length <= maxIdLength : Number.isSafeInteger(id);
}

/** Returns the messages in a document: those of a batch of MCP 2025-03-26, or a single one. */
export function messagesIn(document: unknown): readonly unknown[] {
  return Array.isArray(document) ? document : [document];
}

/** Returns the messages in a server's event. MCP: events with another name are not messages. */
export function messagesInEvent(event: ServerEvent): readonly unknown[] {
  const { event: name = "", data } = event;
  const isOther = name !== "" && name !== "message";
  return isOther || data === "" ? [] : messagesIn(documentIn(data));
}

export function requestsIn(document: unknown): readonly RequestMessage[] {
  return messagesIn(document).filter(isMessage).filter(isRequest);
}

/** Whether a document has messages that get no answer. */
export function hasOtherThanRequests(document: unknown): boolean {
  return messagesIn(document).some((each) => isMessage(each) && !isRequest(each));
}

/** Whether a document uses an id twice, or the id of a request in `open`, which is by key. */
export function repeatsId(
  document: unknown,
  open: { readonly has: (key: string) => boolean },
): boolean {
  const keys = requestsIn(document).map(({ id }) => keyOf(id));
  return new Set(keys).size < keys.length || keys.some((key) => open.has(key));
}

/** Returns the keys of the requests that a document cancels. These get no answer. */
export function cancelledIn(document: unknown): readonly string[] {
  return messagesIn(document).flatMap((message) => {
    const id = cancelledBy(message);
    return id === undefined ? [] : [keyOf(id)];
  });
}

/** Returns the id of a single request, for an error about it, or null. */
export function idOf(document: unknown): RequestId | null {
  return isMessage(document) && isRequest(document) && isId(document.id) ? document.id : null;
}

/** Returns the version that an answer to `initialize` agrees on; undefined for other messages. */
export function versionIn({ result }: Message): string | undefined {
  const version = isMessage(result) ? result.protocolVersion : undefined;
  return typeof version === "string" ? version : undefined;
}

/**
 * MCP 2025-03-26 introduced batches, and the version after it removed them. Sessions of 2024-11-05
 * may use them here too.
 */
export function takesBatches(version: string | undefined): boolean {
  return version === "2025-03-26" || version === "2024-11-05";
}

/** Whether a session with this version header takes batches. Versions without the header do. */
export function mayBatch(headers: Headers): boolean {
  return takesBatches(headers.get("mcp-protocol-version") ?? "2025-03-26");
}
