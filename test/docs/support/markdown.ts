/** Reads the parts of a Markdown page that the docs tests need. */

export interface Fence {
  /** The words after the backticks: `ts`, `ts no-run`, `text`. */
  readonly info: string;
  readonly text: string;
  /** The line where its text begins, counted from 1. */
  readonly line: number;
  /** The number of headings before it; fences in one section have the same number. */
  readonly section: number;
}

interface Link {
  readonly target: string;
  readonly line: number;
}

export interface Markdown {
  readonly fences: readonly Fence[];
  /** The heading ids that GitHub generates. */
  readonly anchors: readonly string[];
  readonly links: readonly Link[];
}

export function readMarkdown(text: string): Markdown {
  const fences: Fence[] = [];
  const anchors: string[] = [];
  const slugs: string[] = [];
  const links: Link[] = [];
  let open: { info: string; start: number } | undefined;
  const lines = text.split("\n");
  lines.forEach((line, index) => {
    const mark = /^```(.*)$/.exec(line);
    if (open !== undefined) {
      if (mark === null) return;
      const body = lines.slice(open.start, index).join("\n");
      fences.push({ info: open.info, text: body, line: open.start + 1, section: anchors.length });
      open = undefined;
    } else if (mark !== null) {
      open = { info: mark[1]?.trim() ?? "", start: index + 1 };
    } else {
      const heading = /^#{1,6} (.+)$/.exec(line);
      if (heading?.[1] !== undefined) {
        const slug = slugOf(heading[1]);
        const repeats = slugs.filter((other) => other === slug).length;
        anchors.push(repeats === 0 ? slug : `${slug}-${repeats}`);
        slugs.push(slug);
      }
      for (const target of targetsIn(line)) links.push({ target, line: index + 1 });
    }
  });
  if (open !== undefined) throw new Error(`The fence on line ${open.start} is not closed.`);
  return { fences, anchors, links };
}

/** Like GitHub: lower case, no punctuation, hyphens for spaces. */
function slugOf(heading: string): string {
  return heading
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
    .replaceAll(/\s/g, "-");
}

function targetsIn(line: string): readonly string[] {
  const prose = line.replaceAll(/`[^`]*`/g, "code");
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1] as string);
}

/** Returns the rows of the table whose header starts with `| first |`, as trimmed cells. */
export function readTable(text: string, first: string): readonly (readonly string[])[] {
  const lines = text.split("\n");
  const start = lines.findIndex((line) => cellsOf(line)[0] === first);
  if (start < 0) throw new Error(`No table has "${first}" as its first column.`);
  const rest = lines.slice(start + 2);
  const end = rest.findIndex((line) => !line.startsWith("|"));
  return rest.slice(0, end < 0 ? rest.length : end).map(cellsOf);
}

function cellsOf(line: string): readonly string[] {
  if (!line.startsWith("|")) return [];
  return line
    .split("|")
    .slice(1, -1)
    .map((cell) => cell.trim());
}

/** Returns the parts of a cell that are in backticks. */
export function codeIn(cell = ""): readonly string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1] as string);
}
