/**
 * Patterns of one line, the text between two slashes, and rows of them on neighbouring lines.
 *
 * In a line, taking each literal where it ends first is always right.
 * Only finding a row among many lines can take the product of both lengths. It is done for
 * 32 places at once, and tests each distinct line pattern at most once a line.
 *
 * A guard runs or does not by these: they call what was captured, and put nothing into arrays,
 * whatever a plugin has patched.
 */
import { intrinsics } from "../data/index.ts";

const { append, clz32, endsWith, indexOf, min, newList, slice, startsWith } = intrinsics;
type List<T> = intrinsics.List<T>;

/** The literals of a line; a `*` stands between two of them. */
export type LinePattern = Readonly<List<string>>;

/** The line patterns of a row, one below the other. */
export type Lines = Readonly<List<LinePattern>>;

/** Counts code units compared, as plain loops would compare them. */
export interface StepMeter {
  steps: number;
}

/** A text, and the place up to which it is taken. */
export interface Cursor {
  readonly text: string;
  /** Where each line starts, and one past the end of the text. */
  readonly starts: Readonly<List<number>>;
  readonly meter: StepMeter;
  line: number;
  at: number;
}

/** What the line `offset` lines below a row's top must fit as a whole. */
export interface RowCheck {
  readonly offset: number;
  readonly literals: LinePattern;
  /** The same for the same literals. */
  readonly id: number;
}

/** Which lines fit a check, a bit each, from line `from` on. */
interface Fits {
  readonly from: number;
  readonly words: List<number>;
}

const WORD_BITS = 32;

export function cursorOn(text: string, meter: StepMeter): Cursor {
  const starts = newList<number>();
  append(starts, 0);
  for (let at = indexOf(text, "/"); at !== -1; at = indexOf(text, "/", at + 1)) {
    append(starts, at + 1);
  }
  append(starts, text.length + 1);
  meter.steps += text.length;
  return { text, starts, meter, line: 0, at: 0 };
}

export function lineCount(cursor: Cursor): number {
  return cursor.starts.length - 1;
}

/** Whether the first `count` of `lines` fit whole lines from `top` on, none of it before the cursor. */
export function fitsLines(lines: Lines, count: number, cursor: Cursor, top: number): boolean {
  for (let offset = 0; offset < count; offset += 1) {
    if (fitLine(lines[offset], cursor, top + offset, true) === -1) return false;
  }
  return true;
}

/** Moves the cursor to the first end of `literals` on `line`. */
export function takeLine(literals: LinePattern | undefined, cursor: Cursor, line: number): boolean {
  cursor.at = fitLine(literals, cursor, line, false);
  cursor.line = line;
  return cursor.at !== -1;
}

/** Moves the cursor past the next `literal`, which may hold slashes. */
export function takeLiteral(literal: string, cursor: Cursor): boolean {
  const { text, starts, meter } = cursor;
  const found = find(literal, text, cursor.at, text.length, meter);
  if (found === -1) return false;
  cursor.at = found + literal.length;
  while ((starts[cursor.line + 1] ?? text.length + 1) <= cursor.at) cursor.line += 1;
  return true;
}

export function rowChecks(lines: Lines): Readonly<List<RowCheck>> {
  const checks = newList<RowCheck>();
  if (lines.length === 1) return checks;
  const ids = intrinsics.newRecord() as Record<string, number>;
  let count = 0;
  for (let offset = 0; offset < lines.length; offset += 1) {
    const literals = checkedLiterals(lines[offset] as LinePattern, offset === lines.length - 1);
    const key = joined(literals);
    if (key === "*") continue;
    let id = ids[key];
    if (id === undefined) {
      id = count;
      ids[key] = id;
      count += 1;
    }
    append(checks, { offset, literals, id });
  }
  return checks;
}

/** The lowest line of a row need not end where its pattern does. */
function checkedLiterals(line: LinePattern, isLowest: boolean): LinePattern {
  if (!isLowest) return line;
  const open = newList<string>();
  for (let i = 0; i < line.length; i += 1) append(open, line[i] as string);
  append(open, "");
  return open;
}

/** A line as a pattern. Its literals have no star. */
function joined(literals: LinePattern): string {
  let text = literals[0] as string;
  for (let i = 1; i < literals.length; i += 1) text += `*${literals[i] as string}`;
  return text;
}

/** The first line, from the cursor on, on which a row can start, or -1. */
export function findRow(lines: Lines, checks: Readonly<List<RowCheck>>, cursor: Cursor): number {
  const places = lineCount(cursor) - lines.length + 1;
  if (lines.length === 1) {
    for (let top = cursor.line; top < places; top += 1) {
      if (fitLine(lines[0], cursor, top, false) !== -1) return top;
    }
    return -1;
  }
  const fits = newList<Fits>();
  let first = 0;
  for (let top = cursor.line; top < places; top += WORD_BITS) {
    const count = min(places - top, WORD_BITS);
    let alive = -1 >>> (WORD_BITS - count);
    for (let turn = 0; turn < checks.length && alive !== 0; turn += 1) {
      const index = (first + turn) % checks.length;
      const check = checks[index];
      if (check === undefined) break;
      const { id, offset, literals } = check;
      // Everything above `first` was read before, so the first reading of an id is its topmost.
      fits[id] ??= { from: top + offset, words: newList() };
      alive &= readFits(fits[id], literals, cursor, top + offset, count);
      // What ruled out these places, a check or a line, will mostly rule out the next ones.
      if (alive === 0) first = index < 2 * WORD_BITS ? 0 : index - 2 * WORD_BITS;
    }
    if (alive !== 0) return top + 31 - clz32(alive & -alive);
  }
  return -1;
}

/** A bit for each of the `count` lines from `line` on: whether it fits `literals`. */
function readFits(
  { from, words }: Fits,
  literals: LinePattern,
  cursor: Cursor,
  line: number,
  count: number,
): number {
  for (let next = from + words.length * WORD_BITS; next < line + count; next += WORD_BITS) {
    let word = 0;
    for (let bit = 0; bit < WORD_BITS && next + bit < lineCount(cursor); bit += 1) {
      if (fitLine(literals, cursor, next + bit, true) !== -1) word |= 1 << bit;
    }
    append(words, word);
  }
  cursor.meter.steps += 1;
  const index = (line - from) >>> 5;
  const shift = (line - from) & 31;
  const low = (words[index] ?? 0) >>> shift;
  return shift === 0 ? low : low | ((words[index + 1] ?? 0) << (WORD_BITS - shift));
}

/** Where `literals` first end on `line`, none of it before the cursor, or -1. */
function fitLine(
  literals: LinePattern | undefined,
  { text, starts, at, meter }: Cursor,
  line: number,
  whole: boolean,
): number {
  if (literals === undefined) return -1;
  const start = starts[line] ?? 0;
  const end = (starts[line + 1] ?? 0) - 1;
  return firstEnd(literals, text, start < at ? at : start, end, whole, meter);
}

/** Where `literals`, from `from` on, first end; if `whole`, only `to` will do. Otherwise -1. */
export function firstEnd(
  literals: LinePattern,
  text: string,
  from: number,
  to: number,
  whole: boolean,
  meter: StepMeter,
): number {
  const first = literals[0] ?? "";
  const last = literals.length - 1;
  const ending = whole && last > 0 ? (literals[last] ?? "") : "";
  meter.steps += first.length + ending.length + 1;
  let at = from + first.length;
  if (at + ending.length > to) return -1;
  if (first !== "" && !startsWith(text, first, from)) return -1;
  if (ending !== "" && !endsWith(text, ending, to)) return -1;
  const floating = whole && last > 0 ? last : last + 1;
  for (let index = 1; index < floating; index += 1) {
    const literal = literals[index] ?? "";
    at = find(literal, text, at, to - ending.length, meter);
    if (at === -1) return -1;
    at += literal.length;
  }
  if (!whole) return at;
  return last > 0 || at === to ? to : -1;
}

function find(literal: string, text: string, from: number, to: number, meter: StepMeter): number {
  if (literal.length > to - from) return -1;
  // Cut, because a search for what this line lacks would run through all lines below.
  const part = to === text.length ? text : slice(text, from, to);
  const skipped = part === text ? 0 : from;
  const found = indexOf(part, literal, from - skipped);
  const scanned = found === -1 ? to - from : found + skipped - from;
  meter.steps += (scanned + 1) * (literal.length + 1);
  return found === -1 ? -1 : found + skipped;
}
