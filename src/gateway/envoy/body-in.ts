/** A body that arrives in pieces on a stream. The stream is paused while the body is not read. */

interface Pausable {
  pause(): unknown;
  resume(): unknown;
}

export interface BodyIn {
  readonly stream: ReadableStream<Uint8Array>;
  push(piece: Uint8Array | undefined): void;
  end(): void;
  fail(error: Error): void;
  /** Resolves when all of the body has arrived. Drops whatever has not been read. */
  whole(): Promise<void>;
}

/** How many bytes may wait before the stream is paused. */
const maxWaiting = 1_048_576;

export function bodyIn(call: Pausable): BodyIn {
  let isOver = false;
  let isDropped = false;
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  let settle: (error?: Error) => void = () => {};
  const whole = new Promise<void>((resolve, reject) => {
    settle = (error) => (error === undefined ? resolve() : reject(error));
  });
  // Avoids an unhandled rejection if nothing is waiting.
  whole.catch(() => {});
  const drop = () => {
    isDropped = true;
    call.resume();
  };
  const stream = new ReadableStream<Uint8Array>(
    {
      start(made) {
        controller = made;
      },
      pull: () => void call.resume(),
      cancel: drop,
    },
    { highWaterMark: maxWaiting, size: ({ byteLength }) => byteLength },
  );
  return {
    stream,
    push(piece) {
      if (isOver || isDropped || piece === undefined || piece.byteLength === 0) return;
      controller?.enqueue(piece);
      if ((controller?.desiredSize ?? 0) <= 0) call.pause();
    },
    end() {
      if (isOver) return;
      isOver = true;
      if (!isDropped) controller?.close();
      settle();
    },
    fail(error) {
      if (isOver) return;
      isOver = true;
      if (!isDropped) controller?.error(error);
      settle(error);
    },
    whole() {
      drop();
      return whole;
    },
  };
}
