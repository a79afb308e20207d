import type { JsonObject } from "./json.ts";

/**
 * What a guard needs of an MCP transport. The `Transport` types of `@modelcontextprotocol/sdk` and
 * of `@modelcontextprotocol/client` and `/server` both fit; neither package is imported.
 */
export interface TransportLike {
  start(): Promise<void>;
  send(message: never, options?: never): Promise<void>;
  close(): Promise<void>;
  onmessage?: ((message: never, extra?: never) => void) | undefined;
  onclose?: (() => void) | undefined;
  onerror?: ((error: Error) => void) | undefined;
  /**
   * Whether `send` takes the option `withHeaders`: a function that adds the headers that plugins
   * wrote to those of a request. It is passed only if they wrote any.
   */
  readonly takesHeaders?: boolean;
}

/** The same, as the guard calls it. */
export interface Wire {
  start(): Promise<void>;
  send(message: unknown, options?: unknown): Promise<void>;
  close(): Promise<void>;
  onmessage: ((message: unknown, extra?: unknown) => void) | undefined;
  onclose: (() => void) | undefined;
  onerror: ((error: Error) => void) | undefined;
  readonly sessionId?: unknown;
  /** True if requests that it received end with it, also where other transports share its session. */
  readonly endsRequests?: unknown;
}

export type RequestId = string | number;

/** `outgoing`: a request sent through the transport, whose answer is received. */
export type Direction = "outgoing" | "incoming";

/** MCP 2026-07-28: the one request that both sides may end with `notifications/cancelled`. */
export const subscription = "subscriptions/listen";

const maxIdLength = 1024;

/**
 * The map key of a request id. Ids keep their type: 1 and "1" are different requests.
 * `undefined` for anything but an id: null, an object, a string that is too long.
 */
export function keyOf(id: unknown): string | undefined {
  if (typeof id === "string") return id.length <= maxIdLength ? `s${id}` : undefined;
  return typeof id === "number" && Number.isFinite(id) ? `n${id}` : undefined;
}

/**
 * Whether an object is a message of JSON-RPC 2.0. One with both a method and an outcome is not: one
 * side could read it as a request and the other as an answer.
 */
export function isMessage({ jsonrpc, method, result, error }: JsonObject): boolean {
  if (jsonrpc !== "2.0") return false;
  const hasOutcome = result !== undefined || error !== undefined;
  return method === undefined ? hasOutcome : typeof method === "string" && !hasOutcome;
}

export function isRequest(message: JsonObject): message is JsonObject & { readonly id: RequestId } {
  return typeof message.method === "string" && message.id !== undefined;
}

export function isAnswer(message: JsonObject): boolean {
  return (
    typeof message.method !== "string" &&
    (message.result !== undefined || message.error !== undefined)
  );
}
