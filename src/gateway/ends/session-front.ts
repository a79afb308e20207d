/**
 * One session of MCP 2025-11-25 over HTTP: the transport of the SDK, with an id of ours.
 *
 * The package is an optional peer, so it comes as a parameter.
 */
import { boundedBody } from "./bounded-body.ts";
import { cancelledIn, requestsIn, takesBatches, versionIn } from "./caller-messages.ts";
import {
  type End,
  type Extra,
  errorAnswer,
  errorOf,
  isAnswer,
  isRequest,
  keyOf,
  type Message,
  type RequestId,
  refusalOf,
} from "./end.ts";
import { eventStore } from "./event-store.ts";
import { keepAliveMs } from "./event-stream.ts";
import { noAnswer } from "./exchange-front.ts";

/** What is used of `@modelcontextprotocol/server`. */
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

/** When a client whose stream ended asks for the rest. */
const retryMs = 500;

export interface SessionOptions {
  readonly sdk: ServerSdk;
  /** Made by the gateway; a client's own is never taken. */
  readonly id: string;
  readonly maxEvents: number;
  readonly queuedBytes: number;
  /** A message that no stream could take. */
  readonly onUndelivered: (error: Error) => void;
  /** A reader was too slow, and its stream is cut off. The client may ask for the rest. */
  readonly onCut: () => void;
}

export interface SessionFront {
  readonly end: End;
  /**
   * Hands `initialize` on, and resolves when it was answered: with an error no session begins, so
   * there is no id of one, and the front ends. Resolves to 404 where it ended before, and to 499
   * where its caller left.
   */
  begin(request: Request, body: Message & { id: RequestId }, authInfo: unknown): Promise<Response>;
  handle(request: Request, body: unknown, authInfo: unknown): Promise<Response>;
  /** Whether a body uses an id twice, or that of a request which has no answer yet. */
  repeatsId(body: unknown): boolean;
  readonly takesBatches: boolean;
  /** Whether a client can ask for the events after this one. */
  keepsEvent(id: string): boolean;
  /** Ends the stream of a request, so that its client asks for the rest. */
  closeStream(id: RequestId): void;
}

const ended = refusalOf(-32001, "session_unknown", "The session is over");

/**
 * What ends the stream of a cancelled request. It is a result, as clients of the official SDK ask
 * again for a stream that ends with an error, or with nothing.
 */
const cancelled = {
  content: [{ type: "text", text: "The request was cancelled" }],
  isError: true,
};

export function sessionFront(options: SessionOptions): SessionFront {
  const { sdk, id, maxEvents, queuedBytes, onUndelivered, onCut } = options;
  const events = eventStore(maxEvents, queuedBytes);
  const transport = new sdk.WebStandardStreamableHTTPServerTransport({
    sessionIdGenerator: () => id,
    eventStore: events,
    retryInterval: retryMs,
    keepAliveMs,
  });

  /** The requests that have no answer. The transport finds their streams by their ids alone. */
  const open = new Map<string, RequestId>();
  let isOver = false;
  let version: string | undefined;
  /** The key of `initialize`, and what waits for its answer. */
  let beginning: string | undefined;
  let isWaiting = false;
  let begun: (answer?: Message) => void = () => {};

  const end: End = {
    async start() {
      transport.onmessage = (message, extra) =>
        end.onmessage?.(message, extra as Extra | undefined);
      transport.onclose = () => {
        isOver = true;
        begun();
        end.onclose?.();
      };
      transport.onerror = (error) => end.onerror?.(error);
      await transport.start();
    },
    async send(message: Message, { relatedRequestId } = {}) {
      if (isWaiting && isRequest(message) && message.method === "ping") return pong(message.id);
      version ??= versionIn(message);
      if (isAnswer(message)) {
        const key = keyOf(message.id);
        open.delete(key);
        if (key === beginning) begun(message);
      }
      try {
        const related = relatedRequestId === undefined ? {} : { relatedRequestId };
        await transport.send(message as never, related);
      } catch (error) {
        // The stream of the request is closed, and so nobody waits for it.
        onUndelivered(errorOf(error));
      }
    },
    async close() {
      isOver = true;
      // Whoever waits learns that it is over; a closed transport would only end the stream.
      const answers = [...open.values()].map((each) => errorAnswer(each, ended));
      await Promise.allSettled(answers.map((answer) => end.send(answer)));
      await transport.close();
    },
  };

  /** Its caller knows no session yet in which it could answer, and a server may wait for that. */
  function pong(id: RequestId): void {
    setImmediate(() => end.onmessage?.({ jsonrpc: "2.0", id, result: {} }));
  }

  /** Its server answers it no more, so its stream would stay open. */
  async function cancel(key: string): Promise<void> {
    const id = open.get(key);
    if (id !== undefined) await end.send({ jsonrpc: "2.0", id, result: cancelled });
  }

  async function handle(
    request: Request,
    parsedBody: unknown,
    authInfo: unknown,
  ): Promise<Response> {
    const ids = requestsIn(parsedBody).map((each) => each.id);
    const keys = ids.map(keyOf);
    for (const each of ids) open.set(keyOf(each), each);
    const response = await transport.handleRequest(request, { parsedBody, authInfo });
    // Its stream has ended without an answer.
    if (isOver && keys.some((key) => open.has(key))) return new Response(null, { status: 404 });
    if (response.ok) for (const key of cancelledIn(parsedBody)) await cancel(key);
    else for (const key of keys) open.delete(key);
    if (response.body === null) return response;
    return new Response(boundedBody(response.body, queuedBytes, onCut), response);
  }

  return {
    end,
    async begin(request, body, authInfo) {
      beginning = keyOf(body.id);
      const answered = new Promise<Message | undefined>((resolve) => {
        begun = resolve;
      });
      const leave = () => void end.close();
      request.signal.addEventListener("abort", leave, { once: true });
      isWaiting = true;
      const response = await handle(request, body, authInfo);
      if (!response.ok) {
        await end.close();
        return response;
      }
      const answer = await answered;
      isWaiting = false;
      request.signal.removeEventListener("abort", leave);
      if (request.signal.aborted) await end.close();
      if (isOver) return new Response(null, { status: request.signal.aborted ? noAnswer : 404 });
      if (answer?.error === undefined) return response;
      // After whoever sent it has noted its end.
      setImmediate(() => void end.close());
      return Response.json(answer);
    },
    handle,
    repeatsId(body) {
      const keys = requestsIn(body).map(({ id }) => keyOf(id));
      return new Set(keys).size < keys.length || keys.some((key) => open.has(key));
    },
    get takesBatches() {
      return takesBatches(version);
    },
    keepsEvent: events.has,
    closeStream: (requestId) => transport.closeSSEStream(requestId),
  };
}
