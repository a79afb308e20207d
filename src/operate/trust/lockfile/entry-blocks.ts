/**
 * Which lines belong to an entry: one blank line, the comment lines right above its header, the
 * header, and what follows, up to where the next entry's lines begin.
 */
import { afterLine, type Places, type TablePlace } from "./toml-places.ts";

/** Whole lines of the text. */
interface Block {
  readonly start: number;
  readonly end: number;
}

/** The lines of the table at an index. */
export function blockOf(text: string, places: Places, index: number): Block {
  const next = index + 1;
  const end = next < places.tables.length ? startOfBlock(text, places, next) : text.length;
  return { start: startOfBlock(text, places, index), end };
}

function startOfBlock(text: string, { fields, tables }: Places, index: number): number {
  const before = tables[index - 1];
  const floor = floorUnder(text, before ?? { fields, end: 0 });
  let start = lineStart(text, (tables[index] as TablePlace).start);
  while (start > floor && lineAbove(text, start).startsWith("#"))
    start = lineStart(text, start - 1);
  return start > floor && lineAbove(text, start) === "" ? lineStart(text, start - 1) : start;
}

/** Behind the last line that has a header, a key or a value: a text of many lines is none of ours. */
function floorUnder(text: string, { fields, end }: Pick<TablePlace, "fields" | "end">): number {
  const last = fields.at(-1)?.end ?? end;
  return last === 0 ? 0 : afterLine(text, last);
}

/** Where the line begins that an offset is in. */
export function lineStart(text: string, offset: number): number {
  // From an index below 0 the search would begin at 0.
  return offset === 0 ? 0 : text.lastIndexOf("\n", offset - 1) + 1;
}

/** The line above one that begins at an offset, without the spaces around it. */
function lineAbove(text: string, start: number): string {
  return text.slice(lineStart(text, start - 1), start).trim();
}
