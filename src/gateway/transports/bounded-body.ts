/**
 * Limits the buffering of a streamed response: reads the source as fast as it comes, and cuts the
 * stream off if the reader is too slow.
 */
import { waitingBody } from "./waiting-body.ts";

export function boundedBody(
  source: ReadableStream<Uint8Array>,
  maxBytes: number,
  onCut: () => void,
  onEnd?: () => void,
): ReadableStream<Uint8Array> {
  const reader = source.getReader();
  const body = waitingBody({ onLeft: (reason) => reader.cancel(reason) });
  void pump().finally(onEnd);
  return body.stream;

  async function pump(): Promise<void> {
    try {
      for (;;) {
        const { value, done } = await reader.read();
        if (done) break;
        if (body.bytes + value.byteLength > maxBytes) {
          onCut();
          body.fail(new Error("reader_too_slow"));
          await reader.cancel();
          return;
        }
        body.add(value);
      }
      body.end();
    } catch (error) {
      // Does nothing if the reader is gone.
      body.fail(error);
    }
  }
}
