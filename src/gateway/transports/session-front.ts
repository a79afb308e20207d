/**
 * One session of MCP 2025-11-25 over HTTP: the SDK's transport, with an id made by the gateway.
 *
 * The SDK is an optional peer, so it is passed in as a parameter.
 */
import { ignore } from "../../core/data/index.ts";
import { boundedBody } from "./bounded-body.ts";
import { cancelledIn, repeatsId, requestsIn, takesBatches, versionIn } from "./caller-messages.ts";
import type { EventStore } from "./event-store.ts";
import { keepAliveMs } from "./event-stream.ts";
import { callerLeft } from "./exchange-front.ts";
import type { Held } from "./forward.ts";
import {
  type Extra,
  errorAnswer,
  errorOf,
  isAnswer,
  isRequest,
  keyOf,
  type Message,
  pongTo,
  type RequestId,
  type RequestMessage,
  refusalOf,
  type Transport,
} from "./transport.ts";

/** The parts of `@modelcontextprotocol/server` that are used. */
export interface ServerSdk {
  readonly WebStandardStreamableHTTPServerTransport: new (options: object) => SdkTransport;
}

interface SdkTransport {
  start(): Promise<void>;
  send(message: never, options?: object): Promise<void>;
  close(): Promise<void>;
  handleRequest(request: Request, options: object): Promise<Response>;
  closeSSEStream(id: RequestId): void;
  onmessage?: (message: never, extra?: never) => void;
  onclose?: () => void;
  onerror?: (error: Error) => void;
}

/** When a client should reconnect after its stream ended. */
const retryMs = 500;

export interface SessionOptions {
  readonly sdk: ServerSdk;
  /** Made by the gateway; an id from the client is never used. */
  readonly id: string;
  /** What the client may ask for again. */
  readonly events: EventStore;
  readonly queuedBytes: number;
  /** All requests have been answered. */
  readonly onAnswered: () => void;
  /** A message could not be sent on any stream. */
  readonly onUndelivered: (error: Error) => void;
  /** A reader was too slow, so its stream is cut off. The client may ask for the rest. */
  readonly onCut: () => void;
}

export interface SessionFront {
  readonly transport: Transport;
  /**
   * Passes `initialize` on, and resolves when it has been answered. If that is an error, no session
   * begins: the response has no session id, and the front ends. Resolves to 404 if the front ended
   * first, and to `callerLeft` if the caller did.
   */
  begin(request: Request, body: RequestMessage, authInfo: unknown, held: Held): Promise<Response>;
  /** The bytes are held until all requests in the body have been answered. */
  handle(request: Request, body: unknown, authInfo: unknown, held: Held): Promise<Response>;
  /** Whether a body uses an id twice, or the id of a request that has no answer yet. */
  repeatsId(body: unknown): boolean;
  readonly takesBatches: boolean;
  /** Whether a request has no answer yet. */
  readonly isBusy: boolean;
  /** Whether the caller waits for nothing and has had no stream for so long: it may have left. */
  isLeft(ms: number): boolean;
  /** Whether a client can ask for what follows this event. */
  keepsEvent(id: string): boolean;
  /** Whether nothing can follow this event: its stream was that of a request, and is answered. */
  endsStream(id: string): boolean;
  /** Ends a request's stream, so that the client asks for the rest, if its version can. */
  closeStream(id: RequestId): void;
}

/** How many messages may wait until the caller opens the session's own stream. */
const maxEarly = 100;
/** How long what a server asks may wait there. */
const earlyMs = 30_000;

const unheard = refusalOf(-32014, "peer_unreachable", "The caller has opened no stream for this");
const ended = refusalOf(-32001, "session_unknown", "The session is over");

/**
 * Ends the stream of a cancelled request. It is a result, since clients with the official SDK
 * reconnect if a stream ends with an error, or without an answer.
 */
const cancelled = {
  content: [{ type: "text", text: "The request was cancelled" }],
  isError: true,
};

export function sessionFront(options: SessionOptions): SessionFront {
  const { sdk, id, events, queuedBytes, onAnswered, onUndelivered, onCut } = options;
  const inner = new sdk.WebStandardStreamableHTTPServerTransport({
    sessionIdGenerator: () => id,
    eventStore: events,
    retryInterval: retryMs,
    keepAliveMs,
    onsessionclosed: answerOpen,
  });

  /** The requests that have no answer yet. The transport finds their streams by id alone. */
  const open = new Map<string, { readonly id: RequestId; readonly release: () => void }>();
  /** Whether the caller has the session's own stream, or the id of an event to go on from. */
  let hasOwnStream = false;
  let hasOwnEvent = false;
  /** How many responses to a GET are open, and when the last one ended. */
  let streams = 0;
  let leftAt = Number.NEGATIVE_INFINITY;
  /** What belongs on that stream and came before it: servers ask for roots as soon as they may. */
  const early: Message[] = [];
  let earlyUnits = 0;
  let isOver = false;
  let version: string | undefined;
  /** The key of `initialize`, and the state of waiting for its answer. */
  let beginning: string | undefined;
  let isWaiting = false;
  let begun: (answer?: Message) => void = () => {};

  const transport: Transport = {
    async start() {
      inner.onmessage = (message, extra) =>
        transport.onmessage?.(message, extra as Extra | undefined);
      inner.onclose = () => {
        isOver = true;
        events.close();
        begun();
        transport.onclose?.();
      };
      inner.onerror = (error) => transport.onerror?.(error);
      await inner.start();
    },
    async send(message: Message, { relatedRequestId } = {}) {
      if (isWaiting && isRequest(message) && message.method === "ping") return pong(message.id);
      version ??= versionIn(message);
      // The session's own stream takes what belongs to a request that was answered in the meantime.
      const hasStream = relatedRequestId !== undefined && open.has(keyOf(relatedRequestId));
      if (isAnswer(message)) {
        const key = keyOf(message.id);
        if (remove(key) && open.size === 0) onAnswered();
        if (key === beginning) begun(message);
      }
      try {
        if (!hasStream && !hasOwnStream && !isAnswer(message)) {
          if (relatedRequestId !== undefined || !keepsEarly(message))
            throw new Error("No stream is open for the message.");
          return;
        }
        hasOwnEvent ||= !hasStream && !isAnswer(message);
        await inner.send(message as never, hasStream ? { relatedRequestId } : {});
      } catch (error) {
        onUndelivered(errorOf(error));
        // The server waits for an answer. For anything else nobody is waiting.
        if (isRequest(message)) throw error;
      }
    },
    async close() {
      isOver = true;
      await answerOpen();
      await inner.close();
    },
  };

  /** Returns whether the request was open. */
  function remove(key: string): boolean {
    open.get(key)?.release();
    return open.delete(key);
  }

  /** Keeps a message for the session's own stream, if there is room. */
  function keepsEarly(message: Message): boolean {
    const { length } = JSON.stringify(message);
    if (early.length >= maxEarly || earlyUnits + length > queuedBytes) return false;
    earlyUnits += length;
    early.push(message);
    if (isRequest(message)) setTimeout(refuseEarly, earlyMs, message, length).unref();
    return true;
  }

  /** The server would wait until its own timeout. */
  function refuseEarly(message: RequestMessage, length: number): void {
    const at = early.indexOf(message);
    if (at === -1 || isOver) return;
    early.splice(at, 1);
    earlyUnits -= length;
    onUndelivered(new Error("No stream was opened for the message."));
    transport.onmessage?.(errorAnswer(message.id, unheard));
  }

  function ownStreamOpened(): void {
    hasOwnStream = true;
    earlyUnits = 0;
    for (const each of early.splice(0)) void ignore(transport.send(each));
  }

  /** Closing the transport would only end the streams of open requests. */
  async function answerOpen(): Promise<void> {
    const answers = [...open.values()].map(({ id: each }) => errorAnswer(each, ended));
    await Promise.allSettled(answers.map((answer) => transport.send(answer)));
  }

  /** Answers a server's ping itself: until `initialize` is answered, the caller has no session. */
  function pong(id: RequestId): void {
    setImmediate(() => transport.onmessage?.(pongTo(id)));
  }

  /** Ends a cancelled request's stream, which would stay open, as the server will not answer. */
  async function cancel(key: string): Promise<void> {
    const request = open.get(key);
    if (request !== undefined)
      await transport.send({ jsonrpc: "2.0", id: request.id, result: cancelled });
  }

  async function handle(
    request: Request,
    parsedBody: unknown,
    authInfo: unknown,
    held: Held,
  ): Promise<Response> {
    const ids = requestsIn(parsedBody).map((each) => each.id);
    const keys = ids.map(keyOf);
    for (const each of ids) open.set(keyOf(each), { id: each, release: held.hold() });
    const response = await inner.handleRequest(request, { parsedBody, authInfo });
    // The stream has ended without an answer.
    if (isOver && keys.filter(remove).length > 0) return new Response(null, { status: 404 });
    // What follows an event may also be the rest of a request's stream.
    const last = request.headers.get("last-event-id");
    const isRest = Boolean(last);
    const isStream = request.method === "GET" && response.ok;
    if (isStream && last && events.hasLostAfter(last))
      onUndelivered(new Error("What the client asked for again is no longer kept."));
    const isOwn = isStream && !isRest;
    if (isOwn) ownStreamOpened();
    if (response.ok) for (const key of cancelledIn(parsedBody)) await cancel(key);
    else for (const key of keys) remove(key);
    if (response.body === null) return response;
    if (isStream) streams += 1;
    const onEnd = () => {
      if (isStream) {
        streams -= 1;
        leftAt = performance.now();
      }
      if (isOwn) hasOwnStream = hasOwnEvent;
    };
    return new Response(boundedBody(response.body, queuedBytes, onCut, onEnd), response);
  }

  return {
    transport,
    async begin(request, body, authInfo, held) {
      beginning = keyOf(body.id);
      const answered = new Promise<Message | undefined>((resolve) => {
        begun = resolve;
      });
      const leave = () => void transport.close();
      request.signal.addEventListener("abort", leave, { once: true });
      isWaiting = true;
      const response = await handle(request, body, authInfo, held);
      if (!response.ok) {
        await transport.close();
        return response;
      }
      const answer = await answered;
      isWaiting = false;
      request.signal.removeEventListener("abort", leave);
      if (request.signal.aborted) await transport.close();
      if (isOver && request.signal.aborted) return callerLeft();
      if (isOver) return new Response(null, { status: 404 });
      if (answer?.error === undefined) return response;
      // Deferred, so that the sender can record the request's end first.
      setImmediate(() => void transport.close());
      return Response.json(answer);
    },
    handle,
    repeatsId: (body) => repeatsId(body, open),
    get takesBatches() {
      return takesBatches(version);
    },
    get isBusy() {
      return open.size > 0;
    },
    isLeft: (ms) => open.size === 0 && streams === 0 && performance.now() - leftAt > ms,
    keepsEvent: events.has,
    // After an answer, the stream of a batch goes on to the next one.
    endsStream: (event) =>
      events.isLastAnswer(event) && (!takesBatches(version) || open.size === 0),
    closeStream(requestId) {
      // Before that version, no event begins a stream, so a client may not be able to go on.
      if (version !== undefined && version >= "2025-11-25") inner.closeSSEStream(requestId);
    },
  };
}
