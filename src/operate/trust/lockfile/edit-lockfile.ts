/**
 * Edits the text of plugins.lock. Bytes that are not part of an edit stay as they are.
 *
 * The result of an edit is parsed again and compared with what was intended. The package
 * `@decimalturn/toml-patch` 3.3.0 is not used: it rewrites headers, trims line ends, and removes
 * the next entry's comment together with an entry.
 */
import equal from "fast-deep-equal";
import { GlassineError, isGlassineError, quoteName } from "../../../core/errors/index.ts";
import {
  entryOf,
  type LockEntry,
  type Row,
  rowKeys,
  rowOf,
  rowSchema,
  sameEntry,
} from "./entry-rules.ts";
import { unknownKey } from "./read-entries.ts";
import { newLockfile, parseLockfile, type ReadLock, readLockText } from "./read-lockfile.ts";
import { uneditable } from "./refusals.ts";
import {
  afterLine,
  type FieldPlace,
  isBare,
  lineStart,
  type Places,
  partsOf,
  type Span,
  type TablePlace,
} from "./toml-places.ts";

/** Edits get a text without a path, so messages use the usual name of the file. */
const nameOfFile = "plugins.lock";

/**
 * Returns the text with an entry in it: updates the entry with that id in place, or appends a new
 * one after a blank line. If an entry already says the same, nothing changes.
 *
 * New lines end like the first one, and the file ends with a line feed if it did before. An update
 * replaces only values, so comments stay. No value can end the quotes around it.
 *
 * @throws GlassineError `lockfile_uneditable` if the rest would not stay as it is,
 * `trust_refused` for an entry that is not valid, `lockfile_invalid`, `lockfile_newer`
 * @see spec `lockfile:untouched`, `lockfile:refresh`, `lockfile:append`
 */
export function setEntry(text: string, entry: LockEntry): string {
  const after = entryOf(checked(entry));
  const row = rowOf(after) as Row;
  return edited(text, (lines, { lock: { entries }, places }) => {
    const index = entries.findIndex(({ id }) => id === after.id);
    const before = entries[index];
    if (before === undefined) return [lines + block(row, lineEndOf(text)), [...entries, after]];
    const rows = { before: rowOf(before) as Row, after: row };
    const table = places.tables[index] as TablePlace;
    return [refreshed(lines, table, rows), entries.with(index, after)];
  });
}

/**
 * Returns the text without the entry that has an id: without its header and everything up to the
 * next entry, the comment lines right above its header, and one blank line above those. So removing
 * an entry that `setEntry` appended restores the text to the byte.
 *
 * @throws GlassineError `lockfile_uneditable`, `lockfile_invalid`, `lockfile_newer`
 * @see spec `lockfile:remove`
 */
export function removeEntry(text: string, id: string): string {
  return edited(text, (lines, { lock: { entries }, places }) => {
    const index = entries.findIndex((each) => each.id === id);
    const { start, end } = blockOf(lines, places, index);
    return [lines.slice(0, start) + lines.slice(end), entries.toSpliced(index, 1)];
  });
}

/** Given lines that all have an end, returns the edited lines and the entries they should have. */
type Edit = (lines: string, read: ReadLock) => readonly [string, readonly LockEntry[]];

/** Applies an edit. The text ends as it did before, with a line feed or without. */
function edited(text: string, edit: Edit): string {
  const read = readEditable(text);
  const isOpen = !text.endsWith("\n");
  const [lines, entries] = edit(isOpen ? text + lineEndOf(text) : text, read);
  const left = isOpen ? lines.replace(/\r?\n$/, "") : lines;
  // An empty file is not a lockfile.
  return confirmed(left === "" ? newLockfile.replace("\n", lineEndOf(text)) : left, entries);
}

/**
 * Returns where an entry's lines are: one blank line, the comment lines right above its header, the
 * header, and everything up to the lines of the next entry.
 */
function blockOf(text: string, places: Places, index: number): Span {
  const next = index + 1;
  const end = next < places.tables.length ? startOfBlock(text, places, next) : text.length;
  return { start: startOfBlock(text, places, index), end };
}

function startOfBlock(text: string, { fields, tables }: Places, index: number): number {
  const before = tables[index - 1];
  const limit = contentEnd(text, before ?? { fields, end: 0 });
  let start = lineStart(text, (tables[index] as TablePlace).start);
  while (start > limit && lineAbove(text, start).startsWith("#"))
    start = lineStart(text, start - 1);
  return start > limit && lineAbove(text, start) === "" ? lineStart(text, start - 1) : start;
}

/** Returns the offset after the last line with any part of a header, key or value. */
function contentEnd(text: string, { fields, end }: Pick<TablePlace, "fields" | "end">): number {
  const last = fields.at(-1)?.end ?? end;
  return last === 0 ? 0 : afterLine(text, last);
}

/** Returns the line above the one that begins at `start`, trimmed. */
function lineAbove(text: string, start: number): string {
  return text.slice(lineStart(text, start - 1), start).trim();
}

function block(row: Row, lineEnd: string): string {
  return ["", "[[plugins]]", ...assignments(row, lineEnd), ""].join(lineEnd);
}

/** @throws GlassineError `trust_refused` */
function checked(entry: LockEntry): Row {
  const { id } = entry;
  const { data, error } = rowSchema.safeParse(rowOf(entry));
  if (data !== undefined) return data;
  const faults = error.issues.flatMap((issue) =>
    issue.code === "unrecognized_keys"
      ? issue.keys.map((key) => unknownKey(key, rowKeys))
      : [issue.message],
  );
  const text = `plugin ${quoteName(String(id))} cannot be trusted: ${faults.join("; ")}`;
  throw new GlassineError("trust_refused", text, { id, faults });
}

/** Reads a valid lock. Throws unless each entry is a table below a header `[[plugins]]`. */
function readEditable(text: string): ReadLock {
  const read = readLockText(text, nameOfFile);
  const { fields, tables } = read.places;
  const inline = fields.find(({ key }) => partsOf(key)[0] === "plugins");
  const odd = inline ?? tables.find(({ key }) => !isBare(key));
  if (odd === undefined) return read;
  const what = inline ? "plugins is an inline array" : "the name in the header is in quotes";
  throw uneditable(text, odd.start, `${what}; write each entry below a header [[plugins]]`);
}

/** Returns the text if it says exactly what was intended, and throws otherwise. */
function confirmed(text: string, entries: readonly LockEntry[]): string {
  try {
    const read = parseLockfile(new TextEncoder().encode(text), nameOfFile);
    const isMeant =
      read.text === text &&
      read.entries.length === entries.length &&
      read.entries.every((each, at) => sameEntry(each, entries[at]));
    if (isMeant) return text;
  } catch (error) {
    if (!isGlassineError(error)) throw error;
    throw uneditable(text, 0, `the edited file would not be valid (${error.message})`);
  }
  throw uneditable(text, 0, "the edited file would not say what was intended");
}

interface Change {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * Returns the text with the values of `after` in the table of `before`. Each line must have an end.
 *
 * @throws GlassineError `lockfile_uneditable` if a comment would be lost
 */
function refreshed(
  text: string,
  table: TablePlace,
  { before, after }: { readonly before: Row; readonly after: Row },
): string {
  const changes: Change[] = [];
  const added: string[] = [];
  const last = table.fields.at(-1) ?? table;
  const newLine = lineEndOf(text) + marginOf(text, last.start);
  for (const key of rowKeys) {
    if (equal(before[key], after[key])) continue;
    const field = table.fields.find((each) => partsOf(each.key)[0] === key);
    if (field !== undefined) changes.push(changeOf(text, field, key, after[key]));
    else added.push(assignment(after, key, newLine));
  }
  if (added.length > 0) changes.push(addedLines(text, last, added.join(newLine)));
  // From the end, so that the offsets of the remaining changes stay valid.
  return changes
    .sort((a, b) => b.start - a.start)
    .reduce((now, { start, end, text: put }) => now.slice(0, start) + put + now.slice(end), text);
}

function changeOf(text: string, field: FieldPlace, key: keyof Row, value: Value): Change {
  const { start, end } = field.value;
  const former = text.slice(start, end);
  // No name in an array contains this character, so it begins a comment.
  if (former.startsWith("[") && former.includes("#"))
    throw uneditable(text, start, `${key} has comments between its names; put them above it`);
  if (value === undefined) return removedLine(text, field);
  const newLine = lineEndOf(text) + marginOf(text, field.start);
  const put = typeof value === "string" ? inQuotesOf(former, value) : written(key, value, newLine);
  return { start, end, text: put };
}

/** Adds lines below the entry's last one, with the same indentation. */
function addedLines(
  text: string,
  { start, end }: Pick<FieldPlace, "start" | "end">,
  added: string,
): Change {
  const at = afterLine(text, end);
  return { start: at, end: at, text: marginOf(text, start) + added + lineEndOf(text) };
}

/** Returns what precedes the offset `start` on its line: the indentation. */
function marginOf(text: string, start: number): string {
  return text.slice(lineStart(text, start), start);
}

/** Removes a field with its line. A comment after the value stays, on a line of its own. */
function removedLine(text: string, { start, end }: FieldPlace): Change {
  const lineEnd = afterLine(text, end);
  const comment = text.slice(end, lineEnd).indexOf("#");
  if (comment !== -1) return { start, end: end + comment, text: "" };
  return { start: lineStart(text, start), end: lineEnd, text: "" };
}

type Value = Row[keyof Row];

/** Returns an entry's assignments in the order of the schema. `newLine` includes indentation. */
function assignments(row: Row, newLine: string): readonly string[] {
  return rowKeys.flatMap((key) => (row[key] === undefined ? [] : assignment(row, key, newLine)));
}

function assignment(row: Row, key: keyof Row, newLine: string): string {
  return `${key} = ${written(key, row[key], newLine)}`;
}

/** Writes an array on one line, except for dependencies: each of them has its own. */
function written(key: keyof Row, value: Value, newLine: string): string {
  if (!Array.isArray(value)) return JSON.stringify(value);
  const items = value.map((item) => JSON.stringify(item));
  if (key !== "dependencies") return `[${items.join(", ")}]`;
  return `[${items.map((item) => `${newLine}  ${item},`).join("")}${newLine}]`;
}

/** Writes a string in the same kind of quotes as before, if they can hold it. */
function inQuotesOf(former: string, text: string): string {
  const staysLiteral = former.startsWith("'") && /^[\x20-\x26\x28-\x7e]*$/.test(text);
  return staysLiteral ? `'${text}'` : JSON.stringify(text);
}

/** Returns the line end of the first line. */
function lineEndOf(text: string): string {
  return /\r?\n/.exec(text)?.[0] ?? "\n";
}
