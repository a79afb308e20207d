/** A transport of the gateway, as guards and routers use it. */
export interface Transport {
  start(): Promise<void>;
  send(message: Message, options?: SendOptions): Promise<void>;
  close(): Promise<void>;
  /** Of a back: called for each message of the server. What it returns says when it is passed on. */
  onmessage?: ((message: unknown, extra?: Extra) => Handed) | undefined;
  onclose?: (() => void) | undefined;
  onerror?: ((error: Error) => void) | undefined;
  /** Front only: the front's name, which the guard passes to the gateway with each request. */
  sessionId?: string;
  /** Front only: its requests end with it, although other fronts have the same session. */
  readonly endsRequests?: boolean;
  /** Back over HTTP only: it takes headers written by plugins, and the agreed version. */
  readonly takesHeaders?: boolean;
  setProtocolVersion?(version: string): void;
}

/** Settles when a message has been passed on, refused or dropped. Anything but a promise: it has. */
export type Handed = unknown;

/** A JSON-RPC message. */
export type Message = Readonly<Record<string, unknown>>;

export type RequestId = string | number;

/** A message that is answered. */
export type RequestMessage = Message & { readonly id: RequestId; readonly method: string };

/** An answer to a request. */
export type AnswerMessage = Message & { readonly id: RequestId };

/** What a transport says about a message that it received. */
export interface Extra {
  /** From a front: the caller's identity, as the gateway determined it. */
  readonly authInfo?: unknown;
  /** From a front: the HTTP request. */
  readonly request?: Request;
  /** From a back: the caller's request that the message belongs to, if any. */
  readonly relatedRequestId?: RequestId | undefined;
  /** From a back: the HTTP status of the answer. */
  readonly status?: number;
  /** From a back: for the guard, if the gateway made this answer because the server made none. */
  readonly refusal?: { readonly outcome: "denied" | "errored"; readonly code: string };
}

/** What accompanies a message that is sent. */
export interface SendOptions {
  /** To a front: the request that the message belongs to, and the HTTP status of the answer. */
  readonly relatedRequestId?: RequestId | undefined;
  readonly status?: number;
  /** To a front: as in `Extra`, of the answer that the gateway made for a server. */
  readonly refusal?: Extra["refusal"];
  /** To a back over HTTP: headers of the trace that the message belongs to. */
  readonly trace?: Readonly<Record<string, string>>;
  /** To a back over HTTP: combines its own headers with those that plugins wrote. */
  readonly withHeaders?: (own: Readonly<Record<string, string>>) => Headers;
  /** To a back: what the front said about the caller's message. */
  readonly caller?: Extra;
}

export function isMessage(value: unknown): value is Message {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isRequest(message: Message): message is RequestMessage {
  return typeof message.method === "string" && isRequestId(message.id);
}

export function isRequestId(id: unknown): id is RequestId {
  return typeof id === "string" || Number.isFinite(id);
}

export function isAnswer(message: Message): message is AnswerMessage {
  const { id, method, result, error } = message;
  const isAnswered = result !== undefined || error !== undefined;
  return isRequestId(id) && method === undefined && isAnswered;
}

/** Leaves out the result or error that is null beside the other, as in JSON-RPC 1.0. */
export function withoutNull(message: Message): Message {
  const { result, error } = message;
  const isResultEmpty = result === null && isMessage(error);
  const isErrorEmpty = error === null && isMessage(result);
  if (!isResultEmpty && !isErrorEmpty) return message;
  const { [isResultEmpty ? "result" : "error"]: _, ...others } = message;
  return others;
}

/** Whether an answer is as MCP defines it: clients drop any other, and go on waiting. */
export function isWellFormed({ jsonrpc, result, error }: AnswerMessage): boolean {
  if (jsonrpc !== "2.0") return false;
  if (error === undefined)
    return isMessage(result) && (result._meta === undefined || isMessage(result._meta));
  if (result !== undefined || !isMessage(error)) return false;
  return Number.isSafeInteger(error.code) && typeof error.message === "string";
}

/** Returns a message's params; empty if it has none. */
export function paramsOf({ params }: Message): Message {
  return isMessage(params) ? params : {};
}

/** Returns a message's `_meta`; empty if it has none. */
export function metaOf(message: Message): Message {
  const { _meta: meta } = paramsOf(message);
  return isMessage(meta) ? meta : {};
}

/** Whether a request is one of MCP 2026-07-28 or later, which each name their version. */
export function isModern(message: Message): boolean {
  return metaOf(message)["io.modelcontextprotocol/protocolVersion"] !== undefined;
}

/** How deep a message may be nested: far less than what overflows the stack when it is written. */
const maxDepth = 1000;

/**
 * Returns why a parsed message cannot be written as it came, or undefined if it can. Iterative,
 * because it may be nested at any depth.
 */
export function writingFault(message: unknown): Refusal | undefined {
  let level = [message].filter(isObject);
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth === maxDepth) return tooDeep;
    const next: object[] = [];
    for (const each of level)
      for (const item of Object.values(each)) {
        if (isObject(item)) next.push(item);
        // `JSON.parse` reads 1e999 as Infinity, which `JSON.stringify` writes as null.
        else if (typeof item === "number" && !Number.isFinite(item)) return tooLargeNumber;
      }
    level = next;
  }
  return undefined;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/** Returns the id of the request that a message cancels; undefined for other messages. */
export function cancelledBy(message: unknown): RequestId | undefined {
  if (!isMessage(message) || message.method !== "notifications/cancelled") return undefined;
  const { requestId } = paramsOf(message);
  return isRequestId(requestId) ? requestId : undefined;
}

/** Whether a request with this method can be cancelled. MCP excludes `initialize`. */
export function isCancellable(method: unknown): boolean {
  return method !== "initialize";
}

/** In `_meta`: the id of the request that opened the subscription. MCP 2026-07-28. */
export const subscriptionKey = "io.modelcontextprotocol/subscriptionId";

/** Whether a request is only answered when its subscription ends. */
export function isLasting(method: unknown): boolean {
  return method === "subscriptions/listen";
}

/** Whether a request is only answered when a task ends. MCP 2025-11-25. */
export function awaitsTask(method: unknown): boolean {
  return method === "tasks/result";
}

/** Makes the notification that cancels the request with an id. */
export function cancellation(requestId: unknown, reason: string): Message {
  return { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId, reason } };
}

/** Returns the notification that cancels a request, or undefined if it cannot be cancelled. */
export function cancellationOf(
  { id, method }: { readonly id: RequestId; readonly method: unknown },
  reason: string,
): Message | undefined {
  return isCancellable(method) ? cancellation(id, reason) : undefined;
}

export function isAnswerTo(id: RequestId, message: unknown): boolean {
  if (!isMessage(message)) return false;
  return message.id === id ? isAnswer(message) : message.id === null && message.error !== undefined;
}

/** Gives an error without an id the id of the request that it answers. */
export function answerTo(id: RequestId, message: Message): Message {
  const isUnnamed = message.id === null && message.error !== undefined;
  return isUnnamed ? { ...message, id } : message;
}

/** Ids keep their type: 1 and "1" are different requests. */
export function keyOf(id: RequestId): string {
  return `${typeof id === "string" ? "s" : "n"}${id}`;
}

/** Why the gateway itself answers a request, in words that a caller may see. */
export interface Refusal {
  readonly code: number;
  readonly message: string;
  readonly data: { readonly code: string };
}

export function refusalOf(code: number, name: string, message: string): Refusal {
  return { code, message, data: { code: name } };
}

/** Thrown where a request cannot go on, and is answered with a refusal. */
export class RefusalError extends Error {
  readonly refusal: Refusal;
  constructor(refusal: Refusal, more = "") {
    super(`${refusal.message}${more}`);
    this.refusal = refusal;
  }
}

export const unreachable = refusalOf(-32014, "peer_unreachable", "The server could not be reached");
export const invalidAnswer = refusalOf(
  -32014,
  "peer_invalid",
  "The server's answer could not be read",
);
export const tooLarge = refusalOf(
  -32014,
  "peer_too_large",
  "The server's answer is larger than limits.messageBytes allows",
);
export const refusedByServer = refusalOf(-32014, "peer_refused", "The server refused the request");
const tooDeep = refusalOf(
  -32600,
  "message_invalid",
  `The message is nested more than ${maxDepth} levels deep`,
);
const tooLargeNumber = refusalOf(
  -32600,
  "message_invalid",
  "The message has a number that is too large for a double",
);
export const late = refusalOf(-32014, "peer_timeout", "The server did not answer in time");
export const serverGone = refusalOf(-32014, "peer_unreachable", "The server is gone");
export const tooManyUnanswered = refusalOf(
  -32013,
  "too_many_unanswered",
  "More requests than limits.inFlight allows have no answer: wait for some of them",
);

export function errorAnswer<Id extends RequestId | null>(
  id: Id,
  error: Refusal,
): Message & { readonly id: Id } {
  return { jsonrpc: "2.0", id, error };
}

/** Makes the answer to a ping. In MCP, either side may send one at any time, and waits for it. */
export function pongTo(id: RequestId): Message {
  return { jsonrpc: "2.0", id, result: {} };
}

/** Makes the answer that a back passes to the guard if the server does not answer a request. */
export function refusedHere(
  id: RequestId,
  refusal: Refusal,
  outcome: "denied" | "errored" = "errored",
): [message: AnswerMessage, extra: Extra] {
  const { code } = refusal.data;
  return [errorAnswer(id, refusal), { relatedRequestId: id, refusal: { outcome, code } }];
}

/** Returns whatever was thrown as an `Error`. */
export function errorOf(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

/** Calls `listener` when a transport closes, after the existing listener. */
export function whenClosed(transport: Transport, listener: () => void): void {
  const before = transport.onclose;
  transport.onclose = () => {
    before?.();
    listener();
  };
}
