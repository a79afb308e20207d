/** Documents that the command prints. */
import type { Ended, RunOptions, Workspace } from "./support.ts";

/** What a command printed with `--json`: one document and a line feed. */
export interface Document extends Ended {
  // biome-ignore lint/suspicious/noExplicitAny: tests read any part of it.
  readonly data: any;
}

export async function documentOf(
  { run }: Pick<Workspace, "run">,
  args: readonly string[],
  options?: RunOptions,
): Promise<Document> {
  const ended = await run([...args, "--json"], options);
  return { ...ended, data: read(ended.stdout) };
}

/** Parses one document, which must end with a line feed. */
function read(stdout: string): unknown {
  if (!stdout.endsWith("}\n") && !stdout.endsWith("]\n")) throw new Error(`No document: ${stdout}`);
  return JSON.parse(stdout);
}

export const linesOf = (text: string): readonly string[] =>
  text === "" ? [] : text.replace(/\n$/, "").split("\n");

/** The lines below a heading, up to the next empty line or the end. */
export function sectionOf(text: string, heading: string): readonly string[] {
  const lines = linesOf(text);
  const start = lines.indexOf(heading) + 1;
  if (start === 0) throw new Error(`There is no ${heading} in:\n${text}`);
  const end = lines.indexOf("", start);
  return lines.slice(start, end === -1 ? undefined : end);
}
