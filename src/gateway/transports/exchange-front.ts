/**
 * One HTTP exchange of MCP 2026-07-28: a request and its answer, or a notification.
 *
 * The first message decides the form of the response: if it is the answer, the response is JSON
 * with the server's status; otherwise the response is a stream of events.
 */

import { boundedBody } from "./bounded-body.ts";
import { type EventStream, eventHeaders, eventStream } from "./event-stream.ts";
import { statusWithBody } from "./forward.ts";
import { isAnswer, isMessage, isRequest, type Message, type Transport } from "./transport.ts";
import { wholeAnswer } from "./whole-answer.ts";

export interface ExchangeOptions {
  readonly request: Request;
  /** The parsed body. */
  readonly message: Message;
  readonly authInfo: unknown;
  /** How many bytes may wait for a slow reader. */
  readonly queuedBytes: number;
  /** The reader was too slow, so its request is cancelled. */
  readonly onCut: () => void;
}

/** The status if nothing was sent because the caller left. */
export const noAnswer = 499;

/** The response to a caller that left. Nobody reads it. */
export function callerLeft(): Response {
  return new Response(null, { status: noAnswer });
}

export function exchangeFront(options: ExchangeOptions) {
  const { request, message, authInfo, queuedBytes, onCut } = options;
  let respond: (response: Response) => void = () => {};
  const response = new Promise<Response>((resolve) => {
    respond = resolve;
  });
  let stream: EventStream | undefined;
  let isOver = false;

  const transport: Transport = {
    start: async () => {},
    async send(sent, sendOptions = {}) {
      if (isOver || !isRequest(message)) throw new Error("The exchange is over.");
      const isLast = isAnswer(sent) && sent.id === message.id;
      if (isLast && stream === undefined) {
        const status = statusWithBody(sendOptions.status ?? statusOf(sent));
        respond(wholeAnswer(sent, { status }));
      } else write(sent);
      if (!isLast) return;
      finish();
      // Deferred, so that the sender can record the request's end first.
      setImmediate(() => transport.onclose?.());
    },
    async close() {
      if (isOver) return;
      finish();
      respond(callerLeft());
      transport.onclose?.();
    },
  };

  function write(sent: Message): void {
    // First, because it throws for a deeply nested message: the response can still be JSON then.
    const data = JSON.stringify(sent);
    if (stream === undefined) {
      stream = eventStream(leave);
      const body = boundedBody(stream.body, queuedBytes, onCut);
      respond(new Response(body, { headers: eventHeaders }));
    }
    stream.write(data);
  }

  function finish(): void {
    isOver = true;
    request.signal.removeEventListener("abort", leave);
    stream?.end();
  }

  const leave = () => void transport.close();

  return {
    transport,
    /** Passes the message on and resolves to the HTTP response. Call it after `start`. */
    async answer(): Promise<Response> {
      const pass = () => transport.onmessage?.(message, { authInfo, request });
      if (!isRequest(message)) {
        pass();
        // It may still be on its way to the server: the caller need not wait for that.
        return new Response(null, { status: 202 });
      }
      request.signal.addEventListener("abort", leave, { once: true });
      if (request.signal.aborted) leave();
      else pass();
      return response;
    },
  };
}

/** HTTP statuses of protocol-level errors. MCP 2026-07-28, transports. */
const statuses: Readonly<Record<number, number>> = {
  [-32601]: 404,
  [-32020]: 400,
  [-32021]: 400,
  [-32022]: 400,
  [-32600]: 400,
  [-32700]: 400,
};

/** Returns the status for an answer that came without one, as over stdio. */
export function statusOf({ error }: Message): number {
  return isMessage(error) && typeof error.code === "number" ? (statuses[error.code] ?? 200) : 200;
}
