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
  errorOf,
  Handshake,
  isAnswer,
  isMessage,
  isRequest,
  type Message,
  type Refusal,
  type RequestId,
  type RequestMessage,
  refusedHere,
  type SendOptions,
  serverGone,
  TooManyProcesses,
  type Transport,
  tooManyUnanswered,
  unreachable,
} from "../transports/index.ts";

export interface RouterLog {
  warn(
    event: "server_left_out" | "server_lost" | "server_reconnected" | "too_many_processes",
    fields: object,
  ): void;
  error(event: "server_unavailable", fields: object): void;
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
  /** A request for the server was refused before its guard saw it. */
  onRefused(message: RequestMessage, refusal: Refusal): void;
  /** The server will not answer any open request. */
  onLost(): void;
}

/** How many messages may wait while a server is starting. */
const maxHeld = 100;
const firstPauseMs = 1_000;
const longestPauseMs = 60_000;

interface Held {
  readonly message: Message;
  readonly extra: Extra | undefined;
}

export class Peer {
  readonly #options: PeerOptions;
  #state: "open" | "starting" | "lost" | "closed" = "starting";
  #current: Transport;
  #held: Held[] = [];
  /** How many times in a row the server could not be reached. */
  #failures = 0;
  #retryAt = 0;
  readonly #handshake = new Handshake();
  #begun: Message | undefined;
  /** The request that the server has to answer before anything else. */
  #greeting: { readonly id: RequestId; readonly isOurs: boolean } | undefined;

  constructor(options: PeerOptions) {
    this.#options = options;
    this.#current = this.#makeTransport();
  }

  get isLost(): boolean {
    return this.#state === "lost";
  }

  /** The result of its latest `initialize`, if there is one. */
  get begun(): Message | undefined {
    return this.#begun;
  }

  /** Makes what stands for the caller to the server's guard. */
  #makeTransport(): Transport {
    const { sessionId } = this.#options;
    const transport: Transport = {
      ...(sessionId !== undefined && { sessionId }),
      start: async () => {},
      send: async (message, sendOptions = {}) => {
        if (transport === this.#current && this.#state !== "closed")
          await this.#take(message, sendOptions);
      },
      close: async () => {
        if (transport === this.#current) this.#lose();
        transport.onclose?.();
      },
    };
    return transport;
  }

  /** Takes a message of the server. */
  async #take(message: Message, sendOptions: SendOptions): Promise<void> {
    const { receive, isAwaited } = this.#options;
    const greeting = this.#greeting;
    if (greeting === undefined || !isAnswer(message) || message.id !== greeting.id)
      return receive(message, sendOptions);
    this.#greeting = undefined;
    if (isMessage(message.result)) this.#begun = message.result;
    if (greeting.isOurs) return this.#greeted(message, sendOptions);
    const isLate = !isAwaited(greeting.id);
    await receive(message, sendOptions).finally(() => this.#opened());
    if (isLate) this.#joined(message);
  }

  /** Connects for the first time. Never rejects: a server that cannot be reached is lost. */
  async connect(): Promise<Error | undefined> {
    try {
      await this.#options.connect(this.#current);
      this.#opened();
      return undefined;
    } catch (thrown) {
      const error = errorOf(thrown);
      this.#failures = 1;
      this.#unavailable(error);
      this.#lose();
      return error;
    }
  }

  send(message: Message, extra: Extra | undefined): void {
    if (this.#options.reconnects) this.#handshake.note(message);
    if (this.#state === "open") {
      this.#deliver({ message, extra });
      return;
    }
    const mayRetry = this.#options.reconnects && performance.now() >= this.#retryAt;
    if (this.#state === "lost" && mayRetry && message.method !== "initialize")
      void this.#again(extra);
    if (this.#state === "starting") this.#hold({ message, extra });
    else this.#refuse(message, unreachable);
  }

  #deliver({ message, extra }: Held): void {
    if (message.method === "initialize" && isRequest(message)) {
      this.#state = "starting";
      this.#greeting = { id: message.id, isOurs: false };
    }
    this.#current.onmessage?.(message, extra);
  }

  #hold(one: Held): void {
    const id = cancelledBy(one.message);
    const at = id === undefined ? -1 : this.#held.findIndex(({ message }) => message.id === id);
    if (at >= 0) this.#held.splice(at, 1);
    else if (this.#held.length < maxHeld) this.#held.push(one);
    else this.#refuse(one.message, tooManyUnanswered);
  }

  #refuse(message: Message, refusal: Refusal): void {
    if (!isRequest(message)) return;
    this.#options.onRefused(message, refusal);
    // The caller may be gone by now.
    this.#options.receive(...refusedHere(message.id, refusal)).catch(() => {});
  }

  /** Reconnects. Never rejects. */
  async #again(extra: Extra | undefined): Promise<void> {
    this.#state = "starting";
    this.#failures += 1;
    const transport = this.#makeTransport();
    this.#current = transport;
    const isStale = () => transport !== this.#current || this.#state !== "starting";
    try {
      await this.#options.connect(transport);
    } catch (error) {
      if (isStale()) return;
      this.#unavailable(errorOf(error));
      this.#lose();
      return;
    }
    // After `close`, nobody else ends the new connection.
    if (isStale()) return transport.onclose?.();
    const { initialize } = this.#handshake;
    if (initialize === undefined) return this.#opened();
    const id = `glassine-again-${crypto.randomUUID()}`;
    this.#greeting = { id, isOurs: true };
    transport.onmessage?.({ ...initialize, id }, extra);
  }

  /** Handles the answer to the repeated handshake. */
  #greeted(message: Message, { refusal }: SendOptions): void {
    const { result, error } = message;
    if (!isMessage(result)) {
      // A refusal is the gateway's own: the server answered nothing.
      const { code } = refusal ?? (isMessage(error) ? error : {});
      this.#unavailable(new Error(`Beginning another session failed with ${String(code)}.`));
      void this.#current.close();
      return;
    }
    this.#options.log.warn("server_reconnected", { server: this.#options.name });
    this.#held.unshift(...this.#repeated());
    this.#opened();
    this.#joined(message);
  }

  /** Returns what the server must learn again before what is held, unless that contains it. */
  #repeated(): readonly Held[] {
    const { initialized, level } = this.#handshake;
    const isHeld = (one: Message) => this.#held.some(({ message }) => message === one);
    const repeated: Message[] = [];
    if (initialized !== undefined && !isHeld(initialized)) repeated.push(initialized);
    // `logging/setLevel` gets a new id, since the caller already had an answer to its own request.
    if (level !== undefined && !isHeld(level))
      repeated.push({ ...level, id: `glassine-level-${crypto.randomUUID()}` });
    return repeated.map((each) => ({ message: each, extra: undefined }));
  }

  #joined({ result }: Message): void {
    if (!isMessage(result)) return;
    this.#options.onJoined(isMessage(result.capabilities) ? result.capabilities : {});
  }

  #opened(): void {
    if (this.#state !== "starting") return;
    this.#state = "open";
    this.#failures = 0;
    for (const one of this.#held.splice(0)) this.#deliver(one);
  }

  #lose(): void {
    if (this.#state === "lost" || this.#state === "closed") return;
    const failures = this.#failures;
    if (failures === 0) this.#options.log.warn("server_lost", { server: this.#options.name });
    this.#state = "lost";
    this.#greeting = undefined;
    const pause = failures === 0 ? 0 : firstPauseMs * 2 ** (failures - 1);
    this.#retryAt = performance.now() + Math.min(pause, longestPauseMs);
    for (const { message } of this.#held.splice(0))
      if (isRequest(message)) this.#options.onRefused(message, serverGone);
    this.#options.onLost();
  }

  #unavailable(error: Error): void {
    const { name, log } = this.#options;
    const fields = { server: name, text: error.message };
    if (error instanceof TooManyProcesses) log.warn("too_many_processes", fields);
    else log.error("server_unavailable", fields);
  }

  /** The caller is gone. */
  close(): void {
    this.#state = "closed";
    this.#held = [];
    this.#current.onclose?.();
  }
}
