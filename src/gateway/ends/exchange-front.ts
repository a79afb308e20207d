/**
 * One HTTP exchange of MCP 2026-07-28: a request and its answer, or a notification.
 *
 * What is sent first decides the form: the answer itself is JSON with the status that the server
 * gave, anything before it makes the answer a stream of events.
 */
import { type End, isAnswer, isMessage, isRequest, type Message } from "./end.ts";

export interface ExchangeOptions {
  readonly request: Request;
  /** The parsed body. */
  readonly message: Message;
  readonly authInfo: unknown;
  readonly keepAliveMs: number;
  /** What may wait for a slow reader. */
  readonly queuedBytes: number;
  /** The reader was too slow, and its request is cancelled. */
  readonly onCut: () => void;
}

export interface ExchangeFront {
  readonly end: End;
  /** Hands the message on, once the transport has started, and resolves to the HTTP answer. */
  answer(): Promise<Response>;
}

/** The status where nothing was sent: the caller is gone, and nobody reads it. */
export const noAnswer = 499;

export function exchangeFront(options: ExchangeOptions): ExchangeFront {
  const { request, message, authInfo, keepAliveMs, queuedBytes, onCut } = options;
  const encoder = new TextEncoder();
  let respond: (response: Response) => void = () => {};
  const response = new Promise<Response>((resolve) => {
    respond = resolve;
  });
  let stream: ReadableStreamDefaultController<Uint8Array> | undefined;
  let timer: NodeJS.Timeout | undefined;
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
    const text = `event: message\ndata: ${JSON.stringify(sent)}\n\n`;
    if (stream === undefined) {
      const body = new ReadableStream<Uint8Array>(
        {
          start(controller) {
            stream = controller;
          },
          cancel: () => end.close(),
        },
        { highWaterMark: queuedBytes, size: ({ byteLength }) => byteLength },
      );
      respond(new Response(body, { headers: eventHeaders }));
      timer = setInterval(() => enqueue(": keep-alive\n\n"), keepAliveMs);
      timer.unref();
    }
    enqueue(text);
  }

  function enqueue(text: string): void {
    const chunk = encoder.encode(text);
    try {
      if ((stream?.desiredSize ?? 0) >= chunk.byteLength) stream?.enqueue(chunk);
      else {
        onCut();
        stream?.error(new Error("reader_too_slow"));
        void end.close();
      }
    } catch {
      // Its reader is gone, and `cancel` says so.
    }
  }

  function finish(): void {
    isOver = true;
    clearInterval(timer);
    request.signal.removeEventListener("abort", leave);
    try {
      stream?.close();
    } catch {
      // Its reader closed it.
    }
  }

  const leave = () => void end.close();

  return {
    end,
    async answer() {
      request.signal.addEventListener("abort", leave, { once: true });
      if (request.signal.aborted) leave();
      end.onmessage?.(message, { authInfo, request });
      if (isRequest(message)) return response;
      finish();
      return new Response(null, { status: 202 });
    },
  };
}

export const eventHeaders = {
  "content-type": "text/event-stream",
  "cache-control": "no-cache, no-transform",
  "x-accel-buffering": "no",
};

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
