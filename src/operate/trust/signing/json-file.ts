/** Strict readers for data from others: UTF-8, JSON without duplicate keys, and base64. */
import {
  type FileFault,
  type FileRules,
  parseStrictJson,
  readSmallFile,
  StrictJsonError,
  textIn,
} from "../../packages/index.ts";

/** The value that was read, or a fault, worded to follow the file's name in a sentence. */
export type ReadJson =
  | { readonly value: unknown }
  | { readonly fault: string; readonly why?: undefined };

export async function readJsonFile(path: string, rules: FileRules): Promise<ReadJson | FileFault> {
  const file = await readSmallFile(path, rules);
  return "fault" in file ? file : jsonOf(file.bytes);
}

/** Parses the bytes of a JSON text. A byte order mark is a fault, because JSON has none. */
export function jsonOf(bytes: Uint8Array): ReadJson {
  const text = textIn(bytes);
  if (text === undefined) return { fault: "is not UTF-8" };
  if (text.startsWith("\uFEFF")) return { fault: "begins with a byte order mark" };
  try {
    return { value: parseStrictJson(text) };
  } catch (error) {
    if (!(error instanceof StrictJsonError)) throw error;
    return { fault: `cannot be used: ${error.message}` };
  }
}

/**
 * Decodes base64 in its one canonical form: padded, in the standard alphabet, with no unused bits
 * set. Returns `undefined` for anything else, including other spellings of the same bytes.
 */
export function fromBase64(text: string): Uint8Array | undefined {
  const bytes = Buffer.from(text, "base64");
  return bytes.toString("base64") === text ? new Uint8Array(bytes) : undefined;
}
