/**
 * Patterns over URIs and names: `*` is any run without `/`, `**` any run, all else is itself.
 *
 * `**` cuts a pattern into groups, and taking each group where it ends first is always right:
 * it leaves the most for the groups after it. In a group `*` stays in its line, the text between
 * two slashes, so a group is a row of line patterns, the matter of `line-patterns.ts`.
 */
import { intrinsics } from "../data/index.ts";
import {
  type Cursor,
  cursorOn,
  findRow,
  firstEnd,
  fitsLines,
  type LinePattern,
  type Lines,
  lineCount,
  type RowCheck,
  rowChecks,
  type StepMeter,
  takeLine,
  takeLiteral,
} from "./line-patterns.ts";

const { append, charCodeAt, indexOf, newList, slice, startsWith } = intrinsics;
type List<T> = intrinsics.List<T>;

interface Group {
  /** The whole group, if it has no `*`. */
  readonly literal: string | undefined;
  /** One for each line. In every group but the first, the first begins with a `*`. */
  readonly lines: Lines;
  readonly checks: Readonly<List<RowCheck>>;
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
  if (!hasStar(sources)) {
    // Without `*` the whole text is one line, and `**` does there what `*` does in a line.
    return (text) => firstEnd(sources, text, 0, text.length, true, meter) !== -1;
  }
  const groups = newList<Group>();
  for (let i = 0; i < sources.length; i += 1) append(groups, parseGroup(sources[i] as string, i));
  const head = groups[0] as Group;
  const last = groups.length - 1;
  const prefix = head.lines[0]?.[0] as string;
  return (text) => {
    if (!startsWith(text, prefix)) return false;
    const cursor = cursorOn(text, meter);
    const { lines } = head;
    if (last === 0) {
      return lineCount(cursor) === lines.length && fitsLines(lines, lines.length, cursor, 0);
    }
    if (!takeHead(head, cursor)) return false;
    for (let i = 1; i < last; i += 1) if (!takeNext(groups[i] as Group, cursor)) return false;
    return fitsTail(groups[last] as Group, cursor);
  };
}

/** The groups' texts, in which each star is alone. */
function cutAtDoubleStars(pattern: string): LinePattern {
  const sources = newList<string>();
  let start = 0;
  for (;;) {
    const end = indexOf(pattern, "**", start);
    if (end === -1) break;
    append(sources, slice(pattern, start, end));
    start = end + 2;
    while (start < pattern.length && charCodeAt(pattern, start) === STAR) start += 1;
  }
  append(sources, slice(pattern, start));
  return sources;
}

function hasStar(sources: LinePattern): boolean {
  for (let i = 0; i < sources.length; i += 1) {
    if (indexOf(sources[i] as string, "*") !== -1) return true;
  }
  return false;
}

function parseGroup(source: string, index: number): Group {
  const literal = indexOf(source, "*") === -1 ? source : undefined;
  const rows = cutAt(source, "/");
  const lines = newList<LinePattern>();
  for (let i = 0; i < rows.length; i += 1) {
    const row = rows[i] as string;
    append(lines, cutAt(i === 0 && index > 0 ? `*${row}` : row, "*"));
  }
  return { literal, lines, checks: literal === undefined ? rowChecks(lines) : newList() };
}

/** The parts of a text between the places of one character. */
function cutAt(text: string, separator: "/" | "*"): LinePattern {
  const parts = newList<string>();
  let start = 0;
  for (let at = indexOf(text, separator); at !== -1; at = indexOf(text, separator, start)) {
    append(parts, slice(text, start, at));
    start = at + 1;
  }
  append(parts, slice(text, start));
  return parts;
}

function takeHead({ lines }: Group, cursor: Cursor): boolean {
  const below = lines.length - 1;
  return fitsLines(lines, below, cursor, 0) && takeLine(lines[below], cursor, below);
}

function takeNext({ literal, lines, checks }: Group, cursor: Cursor): boolean {
  if (literal !== undefined) return takeLiteral(literal, cursor);
  const top = findRow(lines, checks, cursor);
  const below = lines.length - 1;
  return top !== -1 && takeLine(lines[below], cursor, top + below);
}

function fitsTail({ lines }: Group, cursor: Cursor): boolean {
  const top = lineCount(cursor) - lines.length;
  return top >= cursor.line && fitsLines(lines, lines.length, cursor, top);
}
