/**
 * A caller's connection to one of several servers: open, starting or lost.
 *
 * A session of MCP 2025-11-25 goes on when one of its servers has ended the session or is gone. The
 * next message for that server reconnects it, repeating the caller's handshake, and waits until the
 * server has answered that. If a server does not come back, reconnecting is tried after growing
 * pauses, and its requests are refused in between.
 */
import {
  cancelledBy,
  type Extra,
  errorAnswer,
  errorOf,
  isAnswer,
  isMessage,
  isRequest,
  type Message,
  type Refusal,
  type RequestId,
  type SendOptions,
  TooManyProcesses,
  type Transport,
  tooManyUnanswered,
  unreachable,
} from "../transports/index.ts";

export interface RouterLog {
  warn(event: string, fields: object): void;
  error(event: string, fields: object): void;
}

export interface PeerOptions {
  readonly name: string;
  readonly sessionId: string | undefined;
  /** Connects a transport to the server. */
  readonly connect: (transport: Transport) => Promise<unknown>;
  /** Whether to reconnect after a loss. An exchange is too short for that. */
  readonly reconnects: boolean;
  readonly log: RouterLog;
  /** Receives the server's messages, and errors on its behalf if it cannot answer. */
  receive(message: Message, options: SendOptions): Promise<void>;
  /** Whether the caller is waiting for the server's answer to this request. */
  isAwaited(id: RequestId): boolean;
  /** The server is back, or it answered the handshake after the caller had stopped waiting. */
  onJoined(capabilities: Message): void;
  /** The server will not answer any open request. */
  onLost(): void;
}

export interface Peer {
  readonly name: string;
  readonly isLost: boolean;
  /** The result of its latest `initialize`, if there is one. */
  readonly begun: Message | undefined;
  /** Connects for the first time. Never rejects: a server that cannot be reached is lost. */
  connect(): Promise<Error | undefined>;
  send(message: Message, extra: Extra | undefined): void;
  /** The caller is gone. */
  close(): void;
}

/** How many messages may wait while a server is starting. */
const maxHeld = 100;
const firstPauseMs = 1_000;
const longestPauseMs = 60_000;

interface Held {
  readonly message: Message;
  readonly extra: Extra | undefined;
}

export function peerOf(options: PeerOptions): Peer {
  const { name, sessionId, connect, reconnects, log, receive, onJoined, onLost } = options;
  let state: "open" | "starting" | "lost" | "closed" = "starting";
  let current = makeTransport();
  let held: Held[] = [];
  /** How many times in a row the server could not be reached. */
  let failures = 0;
  let retryAt = 0;
  /** Messages that the caller sends once for the whole session. */
  const handshake: { initialize?: Message; initialized?: Message; level?: Message } = {};
  let begun: Message | undefined;
  /** The request that the server has to answer before anything else. */
  let greeting: { readonly id: RequestId; readonly isOurs: boolean } | undefined;

  function makeTransport(): Transport {
    const transport: Transport = {
      ...(sessionId !== undefined && { sessionId }),
      start: async () => {},
      async send(message, sendOptions = {}) {
        if (transport !== current || state === "closed") return;
        const answered = isAnswer(message) && message.id === greeting?.id ? greeting : undefined;
        if (answered === undefined) return receive(message, sendOptions);
        greeting = undefined;
        if (isMessage(message.result)) begun = message.result;
        if (answered.isOurs) return greeted(message);
        const isLate = !options.isAwaited(answered.id);
        await receive(message, sendOptions).finally(opened);
        if (isLate) joined(message);
      },
      async close() {
        if (transport === current) lose();
        transport.onclose?.();
      },
    };
    return transport;
  }

  async function first(): Promise<Error | undefined> {
    try {
      await connect(current);
      if (state === "starting") opened();
      return undefined;
    } catch (thrown) {
      const error = errorOf(thrown);
      failures = 1;
      unavailable(error);
      lose();
      return error;
    }
  }

  function send(message: Message, extra: Extra | undefined): void {
    note(message);
    if (state === "open") {
      deliver({ message, extra });
      return;
    }
    const { method } = message;
    if (state === "lost" && reconnects && performance.now() >= retryAt && method !== "initialize")
      void again(extra);
    if (state === "starting") hold({ message, extra });
    else refuse(message, unreachable);
  }

  function deliver({ message, extra }: Held): void {
    if (message.method === "initialize" && isRequest(message)) {
      state = "starting";
      greeting = { id: message.id, isOurs: false };
    }
    current.onmessage?.(message, extra);
  }

  function note(message: Message): void {
    if (!reconnects) return;
    if (message.method === "initialize") handshake.initialize = message;
    else if (message.method === "notifications/initialized") handshake.initialized = message;
    else if (message.method === "logging/setLevel") handshake.level = message;
  }

  function hold(one: Held): void {
    const id = cancelledBy(one.message);
    const at = id === undefined ? -1 : held.findIndex(({ message }) => message.id === id);
    if (at >= 0) held.splice(at, 1);
    else if (held.length < maxHeld) held.push(one);
    else refuse(one.message, tooManyUnanswered);
  }

  function refuse(message: Message, refusal: Refusal): void {
    if (!isRequest(message)) return;
    const { id } = message;
    // The caller may be gone by now.
    receive(errorAnswer(id, refusal), { relatedRequestId: id }).catch(() => {});
  }

  /** Reconnects. Never rejects. */
  async function again(extra: Extra | undefined): Promise<void> {
    state = "starting";
    failures += 1;
    const transport = makeTransport();
    current = transport;
    try {
      await connect(transport);
    } catch (error) {
      if (transport !== current || state !== "starting") return;
      unavailable(errorOf(error));
      lose();
      return;
    }
    if (transport !== current || state !== "starting") return;
    if (handshake.initialize === undefined) return opened();
    greeting = { id: `glassine-again-${crypto.randomUUID()}`, isOurs: true };
    current.onmessage?.({ ...handshake.initialize, id: greeting.id }, extra);
  }

  /** Handles the answer to the repeated handshake. */
  function greeted(message: Message): void {
    const { result, error } = message;
    if (!isMessage(result)) {
      const { code } = isMessage(error) ? error : {};
      unavailable(new Error(`The server answered initialize with the error ${String(code)}.`));
      void current.close();
      return;
    }
    log.warn("server_reconnected", { server: name });
    const waiting = held;
    const { initialized, level } = handshake;
    const isWaiting = (one: Message) => waiting.some(({ message }) => message === one);
    held = [];
    if (initialized !== undefined && !isWaiting(initialized))
      held.push({ message: initialized, extra: undefined });
    // `logging/setLevel` gets a new id, since the caller already had an answer to its own request.
    if (level !== undefined && !isWaiting(level))
      held.push({
        message: { ...level, id: `glassine-level-${crypto.randomUUID()}` },
        extra: undefined,
      });
    held.push(...waiting);
    opened();
    joined(message);
  }

  function joined({ result }: Message): void {
    if (isMessage(result)) onJoined(isMessage(result.capabilities) ? result.capabilities : {});
  }

  function opened(): void {
    if (state !== "starting") return;
    state = "open";
    failures = 0;
    const waiting = held;
    held = [];
    for (const one of waiting) deliver(one);
  }

  function lose(): void {
    if (state === "lost" || state === "closed") return;
    if (failures === 0) log.warn("server_lost", { server: name });
    state = "lost";
    greeting = undefined;
    const pause = failures === 0 ? 0 : firstPauseMs * 2 ** (failures - 1);
    retryAt = performance.now() + Math.min(pause, longestPauseMs);
    held = [];
    onLost();
  }

  function unavailable(error: Error): void {
    const fields = { server: name, text: error.message };
    if (error instanceof TooManyProcesses) log.warn("too_many_processes", fields);
    else log.error("server_unavailable", fields);
  }

  return {
    name,
    get isLost() {
      return state === "lost";
    },
    get begun() {
      return begun;
    },
    connect: first,
    send,
    close() {
      state = "closed";
      held = [];
      current.onclose?.();
    },
  };
}
