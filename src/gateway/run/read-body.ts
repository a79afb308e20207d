/** Reads the body of a request: all of it, no more than is allowed, and not for longer. */
import { within } from "../../core/data/index.ts";

export type Body =
  | { readonly text: string; readonly refused?: undefined }
  | { readonly refused: "too_large" | "too_slow" | "broken"; readonly text?: undefined };

export async function readBody(
  request: Request,
  maxBytes: number,
  timeoutMs: number,
): Promise<Body> {
  const declared = request.headers.get("content-length");
  if (Number(declared ?? 0) > maxBytes) return { refused: "too_large" };
  const end = await within(timeoutMs, () =>
    // The parser of HTTP reads no more than was declared.
    declared === null ? inPieces(request, maxBytes) : allOf(request),
  );
  if (end.how === "timeout") return { refused: "too_slow" };
  if (end.how === "threw") return { refused: "broken" };
  if (end.value === undefined) return { refused: "too_large" };
  try {
    return { text: new TextDecoder("utf-8", { fatal: true }).decode(end.value) };
  } catch {
    return { refused: "broken" };
  }
}

async function allOf(request: Request): Promise<Uint8Array> {
  return new Uint8Array(await request.arrayBuffer());
}

/** A body that did not say its length; undefined if it is too long. */
async function inPieces(request: Request, maxBytes: number): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of request.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
