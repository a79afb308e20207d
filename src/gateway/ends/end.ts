/** A transport of the gateway, as a guard and a router use it. */
export interface End {
  start(): Promise<void>;
  send(message: Message, options?: SendOptions): Promise<void>;
  close(): Promise<void>;
  onmessage?: ((message: unknown, extra?: Extra) => void) | undefined;
  onclose?: (() => void) | undefined;
  onerror?: ((error: Error) => void) | undefined;
  /** Of a front: names it. The guard hands it to the gateway with each request. */
  sessionId?: string;
  /** Of a back over HTTP: it takes headers that plugins wrote, and the agreed version. */
  readonly takesHeaders?: boolean;
  setProtocolVersion?(version: string): void;
}

/** A JSON-RPC message. */
export type Message = Readonly<Record<string, unknown>>;

export type RequestId = string | number;

/** What a transport says about a message that came. */
export interface Extra {
  /** Of a front: who asks, as the gateway found out. */
  readonly authInfo?: unknown;
  /** Of a front: the HTTP request. */
  readonly request?: Request;
  /** Of a back: the caller's request that the message belongs to; undefined for none. */
  readonly relatedRequestId?: RequestId | undefined;
  /** Of a back: the HTTP status of the answer. */
  readonly status?: number;
  /** Of a back: the gateway made this answer, because the server made none. For the guard. */
  readonly refusal?: { readonly outcome: "denied" | "errored"; readonly code: string };
}

/** What accompanies a message that is sent. */
export interface SendOptions {
  /** To a front: the request that it belongs to, and the HTTP status of the answer. */
  readonly relatedRequestId?: RequestId | undefined;
  readonly status?: number;
  /** To a back over HTTP: headers of the trace that the message belongs to. */
  readonly trace?: Readonly<Record<string, string>>;
  /** The same: adds headers that plugins wrote to its own. */
  readonly withHeaders?: (own: Readonly<Record<string, string>>) => Headers;
  /** To a back: what the front said about the caller's message. */
  readonly caller?: Extra;
}

export function isMessage(value: unknown): value is Message {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isRequest(
  message: Message,
): message is Message & { readonly id: RequestId; readonly method: string } {
  return typeof message.method === "string" && isRequestId(message.id);
}

export function isRequestId(id: unknown): id is RequestId {
  return typeof id === "string" || typeof id === "number";
}

export function isAnswer(message: Message): message is Message & { readonly id: RequestId } {
  const { id, method, result, error } = message;
  const isAnswered = result !== undefined || error !== undefined;
  return isRequestId(id) && method === undefined && isAnswered;
}

/** Its params; empty where it has none. */
export function paramsOf({ params }: Message): Message {
  return isMessage(params) ? params : {};
}

/** What its sender says about the message itself. */
export function metaOf(message: Message): Message {
  const { _meta: meta } = paramsOf(message);
  return isMessage(meta) ? meta : {};
}

/** The request that a message takes back; undefined for any other. */
export function cancelledBy(message: unknown): RequestId | undefined {
  if (!isMessage(message) || message.method !== "notifications/cancelled") return undefined;
  const { requestId } = paramsOf(message);
  return isRequestId(requestId) ? requestId : undefined;
}

export function isAnswerTo(id: RequestId, message: unknown): boolean {
  if (!isMessage(message)) return false;
  return message.id === id ? isAnswer(message) : message.id === null && message.error !== undefined;
}

/** An error without an id answers the request that it came for. */
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

export const unreachable = refusalOf(-32014, "peer_unreachable", "The server could not be reached");
export const invalidAnswer = refusalOf(
  -32014,
  "peer_invalid",
  "The server's answer could not be read",
);
export const tooLarge = refusalOf(
  -32014,
  "peer_too_large",
  "The server's answer is larger than allowed",
);
export const refusedByServer = refusalOf(-32014, "peer_refused", "The server refused the request");
export const late = refusalOf(-32014, "peer_timeout", "The server did not answer in time");
export const serverGone = refusalOf(-32014, "peer_unreachable", "The server is gone");
export const tooManyUnanswered = refusalOf(
  -32013,
  "too_many_unanswered",
  "Too many requests have no answer",
);

export function errorAnswer<Id extends RequestId | null>(
  id: Id,
  error: Refusal,
): Message & { readonly id: Id } {
  return { jsonrpc: "2.0", id, error };
}

/** The answer to a request that the server does not answer, as a back hands it to the guard. */
export function refusedHere(
  id: RequestId,
  refusal: Refusal,
  outcome: "denied" | "errored" = "errored",
): [message: Message, extra: Extra] {
  const { code } = refusal.data;
  return [errorAnswer(id, refusal), { relatedRequestId: id, refusal: { outcome, code } }];
}

/** An error as one, whatever was thrown. */
export function errorOf(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

/** Calls `listener` when an end closes, after whoever listens already. */
export function whenClosed(end: End, listener: () => void): void {
  const before = end.onclose;
  end.onclose = () => {
    before?.();
    listener();
  };
}
