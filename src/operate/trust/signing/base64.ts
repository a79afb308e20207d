/**
 * The bytes of a base64 text in its one canonical form: padded, in the standard alphabet, no unused
 * bits set. Of several texts for the same bytes all but one are refused.
 */
export function fromBase64(text: string): Uint8Array | undefined {
  const bytes = Buffer.from(text, "base64");
  return bytes.toString("base64") === text ? new Uint8Array(bytes) : undefined;
}
