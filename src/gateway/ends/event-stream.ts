/** Events to a caller, with the ids of those of the server that they come from. */
import type { Message } from "./end.ts";

export interface EventStream {
  readonly body: ReadableStream<Uint8Array>;
  /** How many messages were written. */
  readonly written: number;
  /** An event of the server begins. What is written until it is finished has its id. */
  begin(id: string | undefined, retry: number | undefined): void;
  write(message: Message): void;
  /** Its id is passed on also if nothing else of it is. */
  finish(): void;
  /** Resolves when the reader has taken so much that more may be written. */
  hasRoom(): Promise<void>;
  end(): void;
}

/** What may wait for the reader. */
const maxWaiting = 65_536;

export function eventStream(keepAliveMs: number, onLeft: () => void): EventStream {
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
    if (!isOver) controller?.enqueue(encoder.encode(text));
  }

  function end(): void {
    if (isOver) return;
    isOver = true;
    clearInterval(timer);
    onRoom?.();
    try {
      controller?.close();
    } catch {
      // Its reader closed it.
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
    write(message) {
      put(`event: message\n${head}data: ${JSON.stringify(message)}\n\n`);
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
