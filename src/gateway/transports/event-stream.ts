/** Writes events to a caller, under the ids of the server's events that they come from, if any. */
import { waitingBody } from "./waiting-body.ts";

export interface EventStream {
  readonly body: ReadableStream<Uint8Array>;
  /** How many messages have been written. */
  readonly written: number;
  /** Begins an event of the server. The first message written before `finish` gets its id. */
  begin(id: string | undefined, retry: number | undefined): void;
  /** Writes a message, given as JSON. */
  write(data: string): void;
  /** Ends the server's event. If no message was written, passes on its id alone. */
  finish(): void;
  /** Resolves when the reader has taken enough for more to be written. */
  hasRoom(): Promise<void>;
  end(): void;
}

export const eventHeaders = {
  "content-type": "text/event-stream",
  "cache-control": "no-cache, no-transform",
  "x-accel-buffering": "no",
};

/** How often a keep-alive comment is sent. */
export const keepAliveMs = 15_000;

/** How many bytes may wait for the reader while there is room for more. */
const maxWaiting = 65_536;

/** @param onLeft the reader has cancelled the stream */
export function eventStream(onLeft: () => void): EventStream {
  const encoder = new TextEncoder();
  let isOver = false;
  let written = 0;
  let head = "";
  let onRoom: (() => void) | undefined;

  const body = waitingBody({
    onTaken() {
      if (hasRoom()) onRoom?.();
    },
    onLeft() {
      end();
      onLeft();
    },
  });
  const timer = setInterval(() => put(": keep-alive\n\n"), keepAliveMs).unref();

  function hasRoom(): boolean {
    return isOver || body.bytes < maxWaiting;
  }

  function put(text: string): void {
    if (!isOver) body.add(encoder.encode(text));
  }

  function end(): void {
    if (isOver) return;
    isOver = true;
    clearInterval(timer);
    onRoom?.();
    body.end();
  }

  return {
    body: body.stream,
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
      if (hasRoom()) return;
      await new Promise<void>((resolve) => {
        onRoom = resolve;
      });
    },
    end,
  };
}
