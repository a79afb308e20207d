/** Events to a caller, with the ids of those of the server that they come from, if there are any. */

export interface EventStream {
  readonly body: ReadableStream<Uint8Array>;
  /** How many messages were written. */
  readonly written: number;
  /** An event of the server begins. What is written until it is finished has its id. */
  begin(id: string | undefined, retry: number | undefined): void;
  /** A message as JSON. */
  write(data: string): void;
  /** Its id is passed on also if nothing else of it is. */
  finish(): void;
  /** Resolves when the reader has taken so much that more may be written. */
  hasRoom(): Promise<void>;
  end(): void;
}

export const eventHeaders = {
  "content-type": "text/event-stream",
  "cache-control": "no-cache, no-transform",
  "x-accel-buffering": "no",
};

/** How often an idle stream says that it is there. */
export const keepAliveMs = 15_000;

export interface EventStreamOptions {
  /** What may wait for the reader. Default 65 536. */
  readonly maxWaiting?: number;
  readonly onLeft: () => void;
  /** More than that waits, and the stream is cut off. Without it, the writer asks for room. */
  readonly onFull?: () => void;
}

export function eventStream(options: EventStreamOptions): EventStream {
  const { maxWaiting = 65_536, onLeft, onFull } = options;
  const encoder = new TextEncoder();
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  let isOver = false;
  let written = 0;
  let head = "";
  let onRoom: (() => void) | undefined;

  const body = new ReadableStream<Uint8Array>(
    {
      start(made) {
        controller = made;
      },
      pull() {
        onRoom?.();
        onRoom = undefined;
      },
      cancel() {
        end();
        onLeft();
      },
    },
    { highWaterMark: maxWaiting, size: ({ byteLength }) => byteLength },
  );
  const timer = setInterval(() => put(": keep-alive\n\n"), keepAliveMs).unref();

  function put(text: string): void {
    if (isOver) return;
    const chunk = encoder.encode(text);
    if (onFull === undefined || (controller?.desiredSize ?? 0) >= chunk.byteLength) {
      controller?.enqueue(chunk);
      return;
    }
    controller?.error(new Error("reader_too_slow"));
    end();
    onFull();
  }

  function end(): void {
    if (isOver) return;
    isOver = true;
    clearInterval(timer);
    onRoom?.();
    try {
      controller?.close();
    } catch {
      // Its reader closed it, or it was cut off.
    }
  }

  return {
    body,
    get written() {
      return written;
    },
    begin(id, retry) {
      head = `${id === undefined ? "" : `id: ${id}\n`}${retry === undefined ? "" : `retry: ${retry}\n`}`;
    },
    write(data) {
      put(`event: message\n${head}data: ${data}\n\n`);
      head = "";
      written += 1;
    },
    finish() {
      if (head !== "") put(`${head}data: \n\n`);
      head = "";
    },
    async hasRoom() {
      if (isOver || (controller?.desiredSize ?? 0) > 0) return;
      await new Promise<void>((resolve) => {
        onRoom = resolve;
      });
    },
    end,
  };
}
