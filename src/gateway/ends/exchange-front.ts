/**
 * One HTTP exchange of MCP 2026-07-28: a request and its answer, or a notification.
 *
 * What is sent first decides the form: the answer itself is JSON with the status that the server
 * gave, anything before it makes the answer a stream of events.
 */
import { type End, isAnswer, isMessage, isRequest, type Message } from "./end.ts";
import { type EventStream, eventHeaders, eventStream } from "./event-stream.ts";

export interface ExchangeOptions {
  readonly request: Request;
  /** The parsed body. */
  readonly message: Message;
  readonly authInfo: unknown;
  /** What may wait for a slow reader. */
  readonly queuedBytes: number;
  /** The reader was too slow, and its request is cancelled. */
  readonly onCut: () => void;
}

/** The status where nothing was sent: the caller is gone, and nobody reads it. */
export const noAnswer = 499;

export function exchangeFront(options: ExchangeOptions) {
  const { request, message, authInfo, queuedBytes, onCut } = options;
  let respond: (response: Response) => void = () => {};
  const response = new Promise<Response>((resolve) => {
    respond = resolve;
  });
  let stream: EventStream | undefined;
  let isOver = false;

  const end: End = {
    start: async () => {},
    async send(sent, sendOptions = {}) {
      if (isOver) throw new Error("The exchange is over.");
      const isLast = isAnswer(sent) && sent.id === message.id;
      if (isLast && stream === undefined) {
        const status = sendOptions.status ?? statusOf(sent);
        respond(Response.json(sent, { status }));
      } else write(sent);
      if (!isLast) return;
      finish();
      // After whoever sent it has noted its end.
      setImmediate(() => end.onclose?.());
    },
    async close() {
      if (isOver) return;
      finish();
      respond(new Response(null, { status: noAnswer }));
      end.onclose?.();
    },
  };

  function write(sent: Message): void {
    // First, because it throws for a message that is nested too deep: the answer can still be JSON.
    const data = JSON.stringify(sent);
    if (stream === undefined) {
      stream = eventStream({ maxWaiting: queuedBytes, onLeft: leave, onFull });
      respond(new Response(stream.body, { headers: eventHeaders }));
    }
    stream.write(data);
  }

  function onFull(): void {
    onCut();
    leave();
  }

  function finish(): void {
    isOver = true;
    request.signal.removeEventListener("abort", leave);
    stream?.end();
  }

  const leave = () => void end.close();

  return {
    end,
    /** Hands the message on, once the transport has started, and resolves to the HTTP answer. */
    async answer(): Promise<Response> {
      request.signal.addEventListener("abort", leave, { once: true });
      if (request.signal.aborted) leave();
      end.onmessage?.(message, { authInfo, request });
      if (isRequest(message)) return response;
      finish();
      return new Response(null, { status: 202 });
    },
  };
}

/** The errors of the protocol layer, which say so in the status. MCP 2026-07-28, transports. */
const statuses: Readonly<Record<number, number>> = {
  [-32601]: 404,
  [-32020]: 400,
  [-32021]: 400,
  [-32022]: 400,
  [-32600]: 400,
  [-32700]: 400,
};

/** The status of an answer whose server gave none, as over stdio. */
export function statusOf({ error }: Message): number {
  return isMessage(error) && typeof error.code === "number" ? (statuses[error.code] ?? 200) : 200;
}
