/**
 * Limits the buffering of a streamed response: reads the source as fast as it comes, and cuts the
 * stream off if the reader is too slow.
 */
export function boundedBody(
  source: ReadableStream<Uint8Array>,
  maxBytes: number,
  onCut: () => void,
  onEnd?: () => void,
): ReadableStream<Uint8Array> {
  const reader = source.getReader();
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        void pump(controller).finally(onEnd);
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: maxBytes, size: (chunk) => chunk.byteLength },
  );

  async function pump(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    try {
      for (;;) {
        const { value, done } = await reader.read();
        if (done) break;
        if ((controller.desiredSize ?? 0) < value.byteLength) {
          onCut();
          controller.error(new Error("reader_too_slow"));
          await reader.cancel();
          return;
        }
        controller.enqueue(value);
      }
      controller.close();
    } catch {
      // The reader is gone.
    }
  }
}
