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

const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** RFC 4648 §4. The core has no Buffer, and `btoa` takes a string with a character for each byte. */
export function base64Of(bytes: readonly number[]): string {
  let text = "";
  for (let i = 0; i < bytes.length; i += 3) {
    const left = bytes.length - i;
    const at = (offset: number) => (offset < left ? (bytes[i + offset] as number) : 0);
    const group = (at(0) << 16) | (at(1) << 8) | at(2);
    text += digits[group >> 18] as string;
    text += digits[(group >> 12) & 63] as string;
    text += left > 1 ? (digits[(group >> 6) & 63] as string) : "=";
    text += left > 2 ? (digits[group & 63] as string) : "=";
  }
  return text;
}
