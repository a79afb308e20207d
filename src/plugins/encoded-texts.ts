/** Reads text in base64, and writes it back in the same encoding. */

/** A text, and a function that encodes another text in the same way. */
export interface EncodedText {
  readonly text: string;
  readonly encode: (text: string) => string;
}

/** Bytes, one in each code unit of a string. */
interface EncodedBytes {
  readonly bytes: string;
  readonly encode: (bytes: string) => string;
}

/** The names of fields with bytes, in parts and in MCP. */
export const bytesFields: readonly string[] = ["data", "blob"];

const digits = /^[A-Za-z0-9+/_-]*$/;

/** Decodes base64 in either alphabet of RFC 4648, with optional white space and padding. */
export function bytesOfBase64(text: string): EncodedBytes | undefined {
  const dense = text.replaceAll(/\s+/g, "");
  const own = dense.replace(/={1,2}$/, "");
  if (!digits.test(own) || own.length % 4 === 1) return undefined;
  const isForUrls = /[-_]/.test(own);
  const isPadded = dense.endsWith("=") || (dense.length % 4 === 0 && !isForUrls);
  return {
    bytes: atob(own.replaceAll("-", "+").replaceAll("_", "/")),
    encode(bytes) {
      const written = btoa(bytes);
      const padded = isPadded ? written : written.replace(/={1,2}$/, "");
      return isForUrls ? padded.replaceAll("+", "-").replaceAll("/", "_") : padded;
    },
  };
}

/** Data of other kinds is not valid UTF-8 for this long. */
const sampleUnits = 64;

/** Returns the text that a string encodes in base64, or `undefined` if it encodes none. */
export function textInBase64(text: string): EncodedText | undefined {
  if (text.length < 16) return undefined;
  const begin = text.slice(0, sampleUnits).replaceAll(/\s+/g, "");
  const isWhole = text.length <= sampleUnits;
  const sample = bytesOfBase64(isWhole ? begin : begin.slice(0, begin.length - (begin.length % 4)));
  if (sample === undefined || !isText(textOfUtf8(sample.bytes, !isWhole))) return undefined;
  const { bytes, encode } = bytesOfBase64(text) ?? {};
  if (bytes === undefined || encode === undefined) return undefined;
  const inner = textOfUtf8(bytes, false);
  return isText(inner) ? { text: inner, encode: (next) => encode(utf8Of(next)) } : undefined;
}

const oneAlphabet = /^(?:[A-Za-z0-9+/]*|[A-Za-z0-9_-]*)={0,2}$/;

/** Whether a string is a long run of base64 of anything but text. */
export function isLongBinary(text: string): boolean {
  if (text.length < 1024 || !oneAlphabet.test(text)) return false;
  return bytesOfBase64(text) !== undefined && textInBase64(text) === undefined;
}

function isText(text: string | undefined): text is string {
  return text !== undefined && !text.includes("\0");
}

/** Decodes bytes as UTF-16 if they look like it, as UTF-8 if they are, otherwise as Latin-1. */
export function textOfBytes(bytes: string): EncodedText & { readonly isGuessed: boolean } {
  for (const high of [1, 0] as const) {
    if (!isUtf16(bytes, high)) continue;
    return { text: textOfUtf16(bytes, high), encode: utf16Of(high), isGuessed: true };
  }
  const isGuessed = bytes.includes("\0");
  const text = textOfUtf8(bytes, false);
  if (text !== undefined) return { text, encode: utf8Of, isGuessed };
  return { text: bytes, encode: (next) => next, isGuessed };
}

/** True with a byte order mark, or if over a third of the high bytes, at `high`, are zero. */
function isUtf16(bytes: string, high: 0 | 1): boolean {
  if (bytes.length % 2 === 1) return false;
  if (bytes.startsWith(high === 1 ? "\xFF\xFE" : "\xFE\xFF")) return true;
  let zeros = 0;
  for (let at: number = high; at < bytes.length; at += 2) if (bytes[at] === "\0") zeros += 1;
  return zeros * 6 > bytes.length;
}

function textOfUtf16(bytes: string, high: 0 | 1): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 2) {
    const unit = bytes.charCodeAt(at + high) * 256 + bytes.charCodeAt(at + 1 - high);
    text += String.fromCharCode(unit);
  }
  return text;
}

function utf16Of(high: 0 | 1) {
  return (text: string): string => {
    let bytes = "";
    for (let at = 0; at < text.length; at += 1) {
      const unit = text.charCodeAt(at);
      const pair = [unit >> 8, unit & 255];
      bytes += String.fromCharCode(...(high === 0 ? pair : pair.reverse()));
    }
    return bytes;
  };
}

/** Keeps a byte order mark if there is one. `begins` is true if more bytes follow. */
function textOfUtf8(bytes: string, begins: boolean): string | undefined {
  const list = new Uint8Array(bytes.length);
  for (let at = 0; at < bytes.length; at += 1) list[at] = bytes.charCodeAt(at);
  try {
    const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    return decoder.decode(list, { stream: begins });
  } catch {
    return undefined;
  }
}

/** Few enough to be the arguments of one call. */
const pieceBytes = 16_384;

function utf8Of(text: string): string {
  const list = new TextEncoder().encode(text);
  let bytes = "";
  for (let at = 0; at < list.length; at += pieceBytes) {
    bytes += String.fromCharCode(...list.subarray(at, at + pieceBytes));
  }
  return bytes;
}
