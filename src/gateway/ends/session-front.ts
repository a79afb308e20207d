/**
 * One session of MCP 2025-11-25 over HTTP: the transport of the SDK, with an id of ours.
 *
 * The package is an optional peer, so it comes as a parameter.
 */
import { boundedBody } from "./bounded-body.ts";
import { type End, type Extra, errorOf, type Message, type RequestId } from "./end.ts";
import { eventStore } from "./event-store.ts";

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

export interface SessionOptions {
  readonly sdk: ServerSdk;
  /** Made by the gateway; a client's own is never taken. */
  readonly id: string;
  readonly maxEvents: number;
  readonly queuedBytes: number;
  readonly retryMs: number;
  readonly keepAliveMs: number;
  /** A message that no stream could take. */
  readonly onUndelivered: (error: Error) => void;
}

export interface SessionFront {
  readonly end: End;
  handle(request: Request, body: unknown, authInfo: unknown): Promise<Response>;
  /** Ends the stream of a request, so that its client asks for the rest. */
  closeStream(id: RequestId): void;
}

export function sessionFront(options: SessionOptions): SessionFront {
  const { sdk, id, maxEvents, queuedBytes, retryMs, keepAliveMs, onUndelivered } = options;
  const transport = new sdk.WebStandardStreamableHTTPServerTransport({
    sessionIdGenerator: () => id,
    eventStore: eventStore(maxEvents, queuedBytes),
    retryInterval: retryMs,
    keepAliveMs,
  });

  const end: End = {
    async start() {
      transport.onmessage = (message, extra) =>
        end.onmessage?.(message, extra as Extra | undefined);
      transport.onclose = () => end.onclose?.();
      transport.onerror = (error) => end.onerror?.(error);
      await transport.start();
    },
    async send(message: Message, { relatedRequestId } = {}) {
      try {
        const related = relatedRequestId === undefined ? {} : { relatedRequestId };
        await transport.send(message as never, related);
      } catch (error) {
        // The stream of the request is closed, and so nobody waits for it.
        onUndelivered(errorOf(error));
      }
    },
    close: () => transport.close(),
  };

  return {
    end,
    async handle(request, parsedBody, authInfo) {
      const response = await transport.handleRequest(request, { parsedBody, authInfo });
      if (response.body === null) return response;
      const cut = () => onUndelivered(new Error("A reader was too slow and was cut off."));
      return new Response(boundedBody(response.body, queuedBytes, cut), response);
    },
    closeStream: (requestId) => transport.closeSSEStream(requestId),
  };
}
