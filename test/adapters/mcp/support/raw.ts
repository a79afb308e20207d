import { createGuard, type GuardOptions, type TransportLike } from "glassine/mcp";

export type Json = Record<string, unknown>;

/** A transport without a peer: it records what is sent, and a test plays the other side. */
export class RawTransport {
  onmessage?: ((message: Json, extra?: unknown) => void) | undefined;
  onclose?: (() => void) | undefined;
  onerror?: ((error: Error) => void) | undefined;
  sessionId: string | undefined = "session-1";
  readonly sent: { readonly message: Json; readonly options: unknown }[] = [];
  started = 0;
  failNextSend: Error | undefined;

  async start(): Promise<void> {
    this.started++;
  }

  async send(message: Json, options?: unknown): Promise<void> {
    const error = this.failNextSend;
    this.failNextSend = undefined;
    if (error !== undefined) throw error;
    this.sent.push({ message, options });
  }

  async close(): Promise<void> {
    this.onclose?.();
  }
}

/** Wraps `transport` in a guard of its own. */
export function guarded<Transport extends TransportLike>(
  transport: Transport,
  manager: Parameters<typeof createGuard>[0],
  options?: GuardOptions,
): Transport {
  return createGuard(manager, options).wrap(transport);
}

/** A guarded raw transport, with everything that passes on either side. */
export async function rawGuard(
  manager: Parameters<typeof createGuard>[0],
  options: GuardOptions = {},
) {
  const raw = new RawTransport();
  const guard = guarded(raw, manager, options);
  const received: { readonly message: Json; readonly extra: unknown }[] = [];
  const errors: Error[] = [];
  let closes = 0;
  guard.onmessage = (message, extra) => received.push({ message, extra });
  guard.onerror = (error) => errors.push(error);
  guard.onclose = () => closes++;
  await guard.start();
  return {
    raw,
    guard,
    errors,
    closes: () => closes,
    /** Delivers a message from the peer. */
    peer: (message: unknown, extra?: unknown) => raw.onmessage?.(message as Json, extra),
    /** What the peer received. */
    sent: () => raw.sent.map((entry) => entry.message),
    /** What the protocol above the guard received. */
    received: () => received.map((entry) => entry.message),
    receivedExtras: () => received.map((entry) => entry.extra),
  };
}

export function request(id: unknown, method: string, params?: object): Json {
  return { jsonrpc: "2.0", id, method, ...(params && { params }) };
}

export function toolCall(id: unknown, args: object = {}, more: object = {}): Json {
  return request(id, "tools/call", { name: "echo", arguments: args, ...more });
}

export function result(id: unknown, value: object): Json {
  return { jsonrpc: "2.0", id, result: value };
}

export function toolResult(id: unknown, text: string): Json {
  return result(id, { content: [{ type: "text", text }] });
}

export function errorAnswer(id: unknown, code: number, message: string, data?: unknown): Json {
  return { jsonrpc: "2.0", id, error: { code, message, ...(data !== undefined && { data }) } };
}

export function notification(method: string, params?: object): Json {
  return { jsonrpc: "2.0", method, ...(params && { params }) };
}
