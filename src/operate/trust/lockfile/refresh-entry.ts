/** Updates an existing entry: replaces only the values that differ, in place. */
import equal from "fast-deep-equal";
import { type Row, rowKeys } from "./entry-rules.ts";
import { uneditable } from "./refusals.ts";
import { afterLine, type FieldPlace, lineStart, partsOf, type TablePlace } from "./toml-places.ts";

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
export function refreshed(
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
export function assignments(row: Row, newLine: string): readonly string[] {
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
export function lineEndOf(text: string): string {
  return /\r?\n/.exec(text)?.[0] ?? "\n";
}
