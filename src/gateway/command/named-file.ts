/** Reads files that options name. */
import { readFile } from "node:fs/promises";
import { refusal, say } from "../../operate/cli/index.ts";
import { systemCode } from "../../operate/packages/index.ts";
import { type EnvoyProblem, problemsInText } from "../envoy/index.ts";

const faults: Readonly<Record<string, string>> = {
  ENOENT: "does not exist",
  EISDIR: "is a folder: name a file in it",
};

/** Reads pipes, too. @throws CommandFailure `io_failed`, naming the option */
export async function readNamedFile(flag: string, path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw unreadable(flag, path, error);
  }
}

/** Returns the problems in the configuration of Envoy that an option names. */
export async function problemsInFile(flag: string, path: string): Promise<readonly EnvoyProblem[]> {
  return problemsInText(String(await readNamedFile(flag, path)), path);
}

/** Returns the failure for an error of the system. */
export function unreadable(flag: string, path: string, error: unknown) {
  const code = systemCode(error);
  return refusal("io_failed", say`${flag}: ${path} ${faults[code] ?? `cannot be read: ${code}`}`);
}
