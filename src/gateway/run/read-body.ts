/** Reads the body of a request: all of it, no more than is allowed, and not for longer. */

export type Body =
  | { readonly text: string; readonly refused?: undefined }
  | { readonly refused: "too_large" | "too_slow" | "broken"; readonly text?: undefined };

export async function readBody(
  request: Request,
  maxBytes: number,
  timeoutMs: number,
): Promise<Body> {
  if (Number(request.headers.get("content-length") ?? 0) > maxBytes)
    return { refused: "too_large" };
  if (request.body === null) return { text: "" };
  const reader = request.body.getReader();
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    void reader.cancel().catch(() => {});
  }, timeoutMs);
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (isLate) return { refused: "too_slow" };
      if (done) break;
      bytes += value.byteLength;
      if (bytes > maxBytes) {
        void reader.cancel().catch(() => {});
        return { refused: "too_large" };
      }
      chunks.push(value);
    }
    return { text: new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(chunks)) };
  } catch {
    return { refused: isLate ? "too_slow" : "broken" };
  } finally {
    clearTimeout(timer);
  }
}
