/** Reads bodies, no further than a host allows. */
import { Refused, refusalOf } from "../model/index.ts";

/** Whose body it is, which decides how it is refused. */
export type BodyOf = "request" | "answer";

type Bytes = ReadableStream<Uint8Array>;

/**
 * Yields the chunks of a body. Throws `Refused` for more than `maxBytes`, and the reason of
 * `signal` if that aborts. Unless the body has ended, it asks the sender to stop.
 */
async function* chunksOf(
  body: Bytes | null,
  maxBytes: number,
  of: BodyOf,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  if (body === null) return;
  const reader = body.getReader();
  // This also ends a read that is waiting.
  const stop = () => void reader.cancel().catch(() => {});
  signal?.addEventListener("abort", stop);
  let bytes = 0;
  let isDone = false;
  try {
    for (;;) {
      const { value, done } = await reader.read();
      isDone = done;
      if (signal?.aborted) throw signal.reason;
      if (value === undefined) return;
      bytes += value.byteLength;
      if (bytes > maxBytes) throw new Refused(refusalOf(`${of}_too_large`));
      yield value;
    }
  } finally {
    signal?.removeEventListener("abort", stop);
    if (!isDone) stop();
  }
}

/** Yields the text of a body as it comes. Throws `Refused`. */
export async function* textsOf(
  body: Bytes | null,
  maxBytes: number,
  of: BodyOf,
  signal: AbortSignal | undefined,
): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  for await (const chunk of chunksOf(body, maxBytes, of, signal)) {
    yield decoded(of, () => decoder.decode(chunk, { stream: true }));
  }
  decoded(of, () => decoder.decode());
}

/** The whole body as text. Throws `Refused`. */
export async function textOf(...from: Parameters<typeof textsOf>): Promise<string> {
  const pieces: string[] = [];
  for await (const text of textsOf(...from)) pieces.push(text);
  return pieces.join("");
}

/** JSON, parsed. Throws `Refused`. */
export function jsonIn(text: string, of: BodyOf): unknown {
  return decoded(of, () => JSON.parse(text) as unknown);
}

/** Runs `decode`, and throws `Refused` if it throws. */
function decoded<Result>(of: BodyOf, decode: () => Result): Result {
  try {
    return decode();
  } catch (error) {
    throw new Refused(refusalOf(`${of}_invalid`), error);
  }
}
