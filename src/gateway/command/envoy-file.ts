/** Reads Envoy configurations that options name. Not in `named-file.ts`: every command loads that. */
import { type EnvoyProblem, problemsInText } from "../envoy/index.ts";
import { readNamedFile } from "./named-file.ts";

/** @throws CommandFailure `io_failed`; GlassineError `config_unreadable` */
export async function problemsInFile(flag: string, path: string): Promise<readonly EnvoyProblem[]> {
  return problemsInText(String(await readNamedFile(flag, path)), path);
}
