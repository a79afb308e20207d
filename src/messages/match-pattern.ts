/**
 * Patterns over URIs and names: `*` is any run without `/`, `**` any run, all else is itself.
 *
 * `**` cuts a pattern into groups, and taking each group where it ends first is always right:
 * it leaves the most for the groups after it. In a group `*` stays in its line, the text between
 * two slashes, so a group is a row of line patterns, the matter of `line-patterns.ts`.
 */
import {
  type Cursor,
  cursorOn,
  findRow,
  firstEnd,
  fitsLines,
  type LinePattern,
  lineCount,
  type RowCheck,
  rowChecks,
  type StepMeter,
  takeLine,
  takeLiteral,
} from "./line-patterns.ts";

interface Group {
  /** The whole group, if it has no `*`. */
  readonly literal: string | undefined;
  /** One for each line. In every group but the first, the first begins with a `*`. */
  readonly lines: readonly LinePattern[];
  readonly checks: readonly RowCheck[];
}

const STAR = 0x2a;

/**
 * Whether the whole of `text` fits `pattern`: `*` is any run without `/`, `**` (or more stars)
 * any run, everything else is itself. Code units are compared. Every string is a pattern.
 */
export function matchesPattern(pattern: string, text: string): boolean {
  return compilePattern(pattern)(text);
}

/**
 * Prepares `pattern` for many texts; see `matchesPattern`.
 *
 * A match takes at most c·(|pattern| + 1)·(|text| + 1) steps, which tests count in `meter`.
 */
export function compilePattern(
  pattern: string,
  meter: StepMeter = { steps: 0 },
): (text: string) => boolean {
  const sources = cutAtDoubleStars(pattern);
  if (!sources.some((source) => source.includes("*"))) {
    // Without `*` the whole text is one line, and `**` does there what `*` does in a line.
    return (text) => firstEnd(sources, text, 0, text.length, true, meter) !== -1;
  }
  const [head, ...middle] = sources.map(parseGroup);
  const tail = middle.pop();
  const prefix = head?.lines[0]?.[0] ?? "";
  return (text) => {
    if (head === undefined || !text.startsWith(prefix)) return false;
    const cursor = cursorOn(text, meter);
    if (tail === undefined) {
      return lineCount(cursor) === head.lines.length && fitsLines(head.lines, cursor, 0);
    }
    if (!takeHead(head, cursor)) return false;
    return middle.every((group) => takeNext(group, cursor)) && fitsTail(tail, cursor);
  };
}

/** The groups' texts, in which each star is alone. */
function cutAtDoubleStars(pattern: string): readonly string[] {
  const sources: string[] = [];
  let start = 0;
  for (;;) {
    const end = pattern.indexOf("**", start);
    if (end === -1) break;
    sources.push(pattern.slice(start, end));
    start = end + 2;
    while (pattern.charCodeAt(start) === STAR) start += 1;
  }
  sources.push(pattern.slice(start));
  return sources;
}

function parseGroup(source: string, index: number): Group {
  const literal = source.includes("*") ? undefined : source;
  const lines = source.split("/").map((line) => line.split("*"));
  if (index > 0) lines[0]?.unshift("");
  return { literal, lines, checks: literal === undefined ? rowChecks(lines) : [] };
}

function takeHead({ lines }: Group, cursor: Cursor): boolean {
  const below = lines.length - 1;
  return fitsLines(lines.slice(0, -1), cursor, 0) && takeLine(lines[below], cursor, below);
}

function takeNext({ literal, lines, checks }: Group, cursor: Cursor): boolean {
  if (literal !== undefined) return takeLiteral(literal, cursor);
  const top = findRow(lines, checks, cursor);
  return top !== -1 && takeLine(lines.at(-1), cursor, top + lines.length - 1);
}

function fitsTail({ lines }: Group, cursor: Cursor): boolean {
  const top = lineCount(cursor) - lines.length;
  return top >= cursor.line && fitsLines(lines, cursor, top);
}
