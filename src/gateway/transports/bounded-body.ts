/**
 * Limits the buffering of a streamed response: reads the source as fast as it comes, and cuts the
 * stream off if the reader is too slow.
 */

/** How many bytes the reader takes at a time, or somewhat more. */
const pieceBytes = 65_536;

export function boundedBody(
  source: ReadableStream<Uint8Array>,
  maxBytes: number,
  onCut: () => void,
  onEnd?: () => void,
): ReadableStream<Uint8Array> {
  const reader = source.getReader();
  const waiting = new WaitingBytes();
  let isEnded = false;
  /** Lets the reader go on, if it waits. */
  let goOn = () => {};
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        void pump(controller).finally(onEnd);
      },
      async pull(controller) {
        if (waiting.bytes === 0 && !isEnded)
          await new Promise<void>((resolve) => {
            goOn = resolve;
          });
        if (waiting.bytes > 0) controller.enqueue(waiting.take());
        if (waiting.bytes === 0 && isEnded) controller.close();
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );

  async function pump(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    try {
      for (;;) {
        const { value, done } = await reader.read();
        if (done) break;
        if (waiting.bytes + value.byteLength > maxBytes) {
          onCut();
          controller.error(new Error("reader_too_slow"));
          await reader.cancel();
          return;
        }
        waiting.add(value);
        goOn();
      }
      isEnded = true;
      goOn();
    } catch {
      // The reader is gone.
    }
  }
}

/**
 * Joins small chunks into pieces. The queue of a stream would keep each one, and move all others
 * when it is taken: a hundred thousand small events would take seconds.
 */
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
