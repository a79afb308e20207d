/**
 * A body that is written in chunks of any size, and read in pieces.
 *
 * The queue of a stream would keep each chunk as it came, and move all others when it is taken: a
 * hundred thousand small events would take seconds.
 */

/** How many bytes the reader takes at a time, or somewhat more. */
const pieceBytes = 65_536;

export interface WaitingBody {
  readonly stream: ReadableStream<Uint8Array>;
  /** How many bytes wait for the reader. */
  readonly bytes: number;
  add(chunk: Uint8Array): void;
  /** Ends the stream after what waits. */
  end(): void;
  /** Fails the stream at once. */
  fail(error: unknown): void;
}

interface WaitingBodyOptions {
  /** The reader has taken something, or waits for more. */
  readonly onTaken?: () => void;
  /** The reader has cancelled the stream. */
  readonly onLeft: (reason: unknown) => void | Promise<void>;
}

export function waitingBody({ onTaken, onLeft }: WaitingBodyOptions): WaitingBody {
  const waiting = new WaitingBytes();
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  let isEnded = false;
  /** Lets the reader go on, if it waits. */
  let goOn = () => {};
  const stream = new ReadableStream<Uint8Array>(
    {
      start(made) {
        controller = made;
      },
      async pull(to) {
        // A chunk may be empty.
        while (waiting.bytes === 0 && !isEnded) {
          const more = new Promise<void>((resolve) => {
            goOn = resolve;
          });
          onTaken?.();
          await more;
        }
        if (waiting.bytes > 0) to.enqueue(waiting.take());
        if (waiting.bytes === 0 && isEnded) to.close();
        onTaken?.();
      },
      cancel: onLeft,
    },
    { highWaterMark: 0 },
  );
  return {
    stream,
    get bytes() {
      return waiting.bytes;
    },
    add(chunk) {
      waiting.add(chunk);
      goOn();
    },
    end() {
      isEnded = true;
      goOn();
    },
    fail: (error) => controller?.error(error),
  };
}

class WaitingBytes {
  readonly #pieces: Uint8Array[] = [];
  /** What comes after these, and is no piece yet. */
  #chunks: Uint8Array[] = [];
  #chunkBytes = 0;
  bytes = 0;

  add(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#chunkBytes += chunk.byteLength;
    this.bytes += chunk.byteLength;
    if (this.#chunkBytes >= pieceBytes) this.#pieces.push(this.#join());
  }

  take(): Uint8Array {
    const piece = this.#pieces.shift() ?? this.#join();
    this.bytes -= piece.byteLength;
    return piece;
  }

  #join(): Uint8Array {
    const [only] = this.#chunks;
    const isOne = only !== undefined && this.#chunks.length === 1;
    const piece = isOne ? only : Buffer.concat(this.#chunks);
    this.#chunks = [];
    this.#chunkBytes = 0;
    return piece;
  }
}
