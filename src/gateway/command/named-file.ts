/** Reads files that options name. */
import { readFile } from "node:fs/promises";
import { refusal, say } from "../../operate/cli/index.ts";
import { systemCode, unreadFault } from "../../operate/packages/index.ts";

/** Reads pipes, too. @throws CommandFailure `io_failed`, naming the option */
export async function readNamedFile(flag: string, path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw unreadable(flag, path, error);
  }
}

/** Returns the failure for an error of the system. */
export function unreadable(flag: string, path: string, error: unknown) {
  const code = systemCode(error);
  const fault = code === "EISDIR" ? "is a folder: name a file in it" : unreadFault(code);
  return refusal("io_failed", say`${flag}: ${path} ${fault}`);
}
