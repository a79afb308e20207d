/** New values for an entry that is there: only what differs is replaced, where it stands. */
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
 * The text with the values of `after` in the table of `before`. Each of its lines has an end.
 *
 * @throws GlassineError `lockfile_uneditable` where a comment would be lost
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
  // No name in an array has this character: it begins a comment.
  if (former.startsWith("[") && former.includes("#"))
    throw uneditable(text, start, `${key} has comments between its names; put them above it`);
  if (value === undefined) return removedLine(text, field);
  const newLine = lineEndOf(text) + marginOf(text, field.start);
  const put = typeof value === "string" ? inQuotesOf(former, value) : written(key, value, newLine);
  return { start, end, text: put };
}

/** Lines of their own below the entry's last one, as far from the margin as that. */
function addedLines(
  text: string,
  { start, end }: Pick<FieldPlace, "start" | "end">,
  added: string,
): Change {
  const at = afterLine(text, end);
  return { start: at, end: at, text: marginOf(text, start) + added + lineEndOf(text) };
}

/** What is between the beginning of a line and what begins at an offset of it. */
function marginOf(text: string, start: number): string {
  return text.slice(lineStart(text, start), start);
}

/** A comment behind the value stays, on a line of its own. */
function removedLine(text: string, { start, end }: FieldPlace): Change {
  const lineEnd = afterLine(text, end);
  const comment = text.slice(end, lineEnd).indexOf("#");
  if (comment !== -1) return { start, end: end + comment, text: "" };
  return { start: lineStart(text, start), end: lineEnd, text: "" };
}

type Value = Row[keyof Row];

/** The keys and values of an entry, in the order of the schema. `newLine` goes to its margin. */
export function assignments(row: Row, newLine: string): readonly string[] {
  return rowKeys.flatMap((key) => (row[key] === undefined ? [] : assignment(row, key, newLine)));
}

function assignment(row: Row, key: keyof Row, newLine: string): string {
  return `${key} = ${written(key, row[key], newLine)}`;
}

/** An array is on one line, but for dependencies: each of them has its own. */
function written(key: keyof Row, value: Value, newLine: string): string {
  if (!Array.isArray(value)) return JSON.stringify(value);
  const items = value.map((item) => JSON.stringify(item));
  if (key !== "dependencies") return `[${items.join(", ")}]`;
  return `[${items.map((item) => `${newLine}  ${item},`).join("")}${newLine}]`;
}

/** In the quotes that were there, if the string can be in such quotes. */
function inQuotesOf(former: string, text: string): string {
  const staysLiteral = former.startsWith("'") && /^[\x20-\x26\x28-\x7e]*$/.test(text);
  return staysLiteral ? `'${text}'` : JSON.stringify(text);
}

/** As the first line ends. */
export function lineEndOf(text: string): string {
  return /\r?\n/.exec(text)?.[0] ?? "\n";
}
