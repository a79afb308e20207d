/**
 * The code of the pages as programs that can be compiled and run.
 *
 * - A `ts` block is a program of its own.
 * - A `ts continued` block continues the block before it: together they are one program.
 * - A `ts no-run` block is compiled but not run: it starts a server or uses the network.
 *
 * Every block that prints must show its output: in a `text` block after it in the same section, or
 * as a comment at the end of each `console.log(…);`.
 */
import type { Fence } from "./markdown.ts";
import type { Page } from "./pages.ts";

export interface Program {
  /** Where it begins, to show in messages: `docs/start.md:12`. */
  readonly at: string;
  readonly file: string;
  /** Has the same line numbers as the page, so that the compiler's findings fit. */
  readonly source: string;
  readonly runs: boolean;
  /** The output that the page shows. */
  readonly output: string;
}

const kinds = ["ts", "ts continued", "ts no-run"];

export function programsOf(page: Page): readonly Program[] {
  const chains: Fence[][] = [];
  for (const fence of page.fences) {
    if (!fence.info.startsWith("ts")) continue;
    if (!kinds.includes(fence.info)) {
      throw new Error(`${page.path}:${fence.line}: there is no block of kind "${fence.info}".`);
    }
    const open = chains.at(-1);
    if (fence.info === "ts continued" && open !== undefined) open.push(fence);
    else chains.push([fence]);
  }
  return chains.map((chain) => programOf(page, chain));
}

function programOf(page: Page, chain: readonly Fence[]): Program {
  const [first] = chain as readonly [Fence];
  const lines: string[] = [];
  for (const { line, text } of chain) {
    while (lines.length < line - 1) lines.push("");
    lines.push(...text.split("\n"));
  }
  const source = `${lines.join("\n")}\n`;
  return {
    at: `${page.path}:${first.line}`,
    file: `${page.path.replaceAll(/[/.]/g, "-").toLowerCase()}-${first.line}.ts`,
    source,
    runs: first.info !== "ts no-run",
    output: chain.flatMap((fence) => outputOf(page, fence)).join("\n"),
  };
}

/** Returns the output that the page shows for a block. */
function outputOf({ path, fences }: Page, block: Fence): readonly string[] {
  const next = fences[fences.indexOf(block) + 1];
  if (next?.info === "text" && next.section === block.section) return [next.text];
  const said: string[] = [];
  let open: number | undefined;
  block.text.split("\n").forEach((line, index) => {
    if (line.includes("console.log(")) open = block.line + index;
    const end = /\);(?: \/\/ (.*))?$/.exec(line);
    if (open === undefined || end === null) return;
    if (end[1] === undefined) throw new Error(`${path}:${open}: what does this print?`);
    said.push(end[1]);
    open = undefined;
  });
  if (open !== undefined) throw new Error(`${path}:${open}: what does this print?`);
  return said;
}
