/** Texts from the bytes of their UTF-8 form. */
import { decodePercent } from "./intrinsics.ts";

const hexDigits = "0123456789abcdef";

/** The text; `undefined` for bytes that are no UTF-8. */
export function fromUtf8(bytes: readonly number[]): string | undefined {
  let text = "";
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] as number;
    text += `%${hexDigits[byte >> 4]}${hexDigits[byte & 15]}`;
  }
  try {
    return decodePercent(text);
  } catch {
    return undefined;
  }
}
