/** Reads JSON that somebody else wrote, strictly: UTF-8, and no name twice in an object. */
import {
  type FileRules,
  parseStrictJson,
  readSmallFile,
  StrictJsonError,
} from "../../packages/index.ts";

/** What was read, or why not: what follows the name of the file in a sentence. */
export type ReadJson = { readonly value: unknown } | { readonly fault: string };

/** The same, of a file that may not be there. */
export type ReadJsonFile =
  | { readonly value: unknown }
  | { readonly fault: string; readonly isAbsent: boolean };

export async function readJsonFile(path: string, rules: FileRules): Promise<ReadJsonFile> {
  const file = await readSmallFile(path, rules);
  if ("fault" in file) return file;
  const json = jsonOf(file.bytes);
  return "fault" in json ? { fault: json.fault, isAbsent: false } : json;
}

/** What bytes say. A byte order mark is no part of JSON. */
export function jsonOf(bytes: Uint8Array): ReadJson {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return { fault: "is not UTF-8" };
  }
  try {
    return { value: parseStrictJson(text) };
  } catch (error) {
    if (!(error instanceof StrictJsonError)) throw error;
    return { fault: `cannot be used: ${error.message}` };
  }
}
