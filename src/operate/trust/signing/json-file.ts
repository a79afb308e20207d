/** Reads what somebody else wrote, strictly: UTF-8, JSON with no key twice in an object, and base64. */
import {
  type FileFault,
  type FileRules,
  parseStrictJson,
  readSmallFile,
  StrictJsonError,
  textIn,
} from "../../packages/index.ts";

/** What was read, or why not: what follows the name of the file in a sentence. */
export type ReadJson =
  | { readonly value: unknown }
  | { readonly fault: string; readonly why?: undefined };

export async function readJsonFile(path: string, rules: FileRules): Promise<ReadJson | FileFault> {
  const file = await readSmallFile(path, rules);
  return "fault" in file ? file : jsonOf(file.bytes);
}

/** Parses bytes. A byte order mark is not part of JSON. */
export function jsonOf(bytes: Uint8Array): ReadJson {
  const text = textIn(bytes);
  if (text === undefined) return { fault: "is not UTF-8" };
  try {
    return { value: parseStrictJson(text) };
  } catch (error) {
    if (!(error instanceof StrictJsonError)) throw error;
    return { fault: `cannot be used: ${error.message}` };
  }
}

/**
 * The bytes of a base64 text in its one canonical form: padded, in the standard alphabet, no unused
 * bits set. Of several strings for the same bytes all but one are refused.
 */
export function fromBase64(text: string): Uint8Array | undefined {
  const bytes = Buffer.from(text, "base64");
  return bytes.toString("base64") === text ? new Uint8Array(bytes) : undefined;
}
