/** Reads whole bodies, within a size limit and, for requests, a time limit. */
import { within } from "../../core/data/index.ts";
import type { Held } from "./forward.ts";

type Body =
  | { readonly text: string; readonly refused?: undefined }
  | {
      readonly refused: "too_large" | "too_slow" | "too_many" | "broken";
      readonly text?: undefined;
    };

/** Why a body is refused, in words that a caller may see. */
export const bodyFaults = {
  too_large: "The message is larger than limits.messageBytes allows",
  too_slow: "The body took longer to arrive than limits.bodyTimeoutMs allows",
  too_many:
    "Messages without an answer, or not passed on yet, take all bytes that limits.inFlightBytes allows: wait for some of them",
} as const;

export interface BodyLimits {
  readonly messageBytes: number;
  readonly bodyTimeoutMs: number;
}

export async function readBody(
  request: Request,
  { messageBytes, bodyTimeoutMs }: BodyLimits,
  held: Held,
): Promise<Body> {
  const declared = request.headers.get("content-length");
  const bytes = Number(declared ?? 0);
  if (bytes > messageBytes) return { refused: "too_large" };
  if (!held.take(bytes)) return { refused: "too_many" };
  const end = await within<Uint8Array | ArrayBuffer | undefined>(bodyTimeoutMs, () =>
    // The HTTP parser reads no more than the declared length.
    declared === null
      ? bytesWithin(taken(streamOf(request), held), messageBytes)
      : request.arrayBuffer(),
  );
  if (end.how === "timeout") return { refused: "too_slow" };
  if (end.how === "threw") return { refused: end.value === tooMany ? "too_many" : "broken" };
  if (end.value === undefined) return { refused: "too_large" };
  try {
    return { text: new TextDecoder("utf-8", { fatal: true }).decode(end.value) };
  } catch {
    return { refused: "broken" };
  }
}

const tooMany = new Error(bodyFaults.too_many);

async function* taken(source: AsyncIterable<Uint8Array>, held: Held): AsyncIterable<Uint8Array> {
  for await (const chunk of source) {
    if (!held.take(chunk.byteLength)) throw tooMany;
    yield chunk;
  }
}

/** Returns the body as an iterable. Node's streams are iterable, though the types do not say so. */
export function streamOf({ body }: Request | Response): AsyncIterable<Uint8Array> {
  return (body ?? []) as AsyncIterable<Uint8Array>;
}

/**
 * Returns all bytes of `source`, or undefined if there are more than `maxBytes`. They are copied as
 * they come: a chunk takes a hundred bytes of memory, and may hold only one.
 */
export async function bytesWithin(
  source: AsyncIterable<Uint8Array>,
  maxBytes: number,
): Promise<Buffer | undefined> {
  let all = Buffer.alloc(0);
  let bytes = 0;
  for await (const chunk of source) {
    const before = bytes;
    bytes += chunk.byteLength;
    if (bytes > maxBytes) return undefined;
    if (bytes > all.length) {
      const larger = Buffer.allocUnsafe(Math.min(Math.max(bytes, 2 * all.length), maxBytes));
      all.copy(larger, 0, 0, before);
      all = larger;
    }
    all.set(chunk, before);
  }
  return all.subarray(0, bytes);
}
