/** New values for an entry that is there: only what differs is replaced, where it stands. */
import { lineStart } from "./entry-blocks.ts";
import { type OptionalField, optionalKeys, sameValue, textKeys } from "./entry-rules.ts";
import { uneditable } from "./refusals.ts";
import { afterLine, type FieldPlace, partsOf, type TablePlace } from "./toml-places.ts";
import type { LockEntry } from "./types.ts";
import { inQuotesOf, lineEndOf, optionalLine, written } from "./write-toml.ts";

/** What stands in place of a part of the text. */
interface Change {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * The text with the values of `after` in the table of `before`.
 *
 * @throws GlassineError `lockfile_uneditable` where a comment would be lost
 */
export function refreshed(
  text: string,
  table: TablePlace,
  { before, after }: { readonly before: LockEntry; readonly after: LockEntry },
): string {
  const changes: Change[] = [];
  for (const { key, value } of table.fields) {
    const rule = textKeys.find((each) => each.key === partsOf(key)[0]);
    if (rule === undefined || before[rule.field] === after[rule.field]) continue;
    const { start, end } = value;
    changes.push({ start, end, text: inQuotesOf(text.slice(start, end), after[rule.field]) });
  }
  const last = table.fields.at(-1) ?? table;
  const newLine = lineEndOf(text) + marginOf(text, last.start);
  const added: string[] = [];
  for (const { key } of optionalKeys) {
    if (sameValue(before[key], after[key])) continue;
    const field = table.fields.find((each) => partsOf(each.key)[0] === key);
    if (field !== undefined) changes.push(changeOf(text, field, { key, value: after[key] }));
    else added.push(optionalLine(after, key, newLine) ?? "");
  }
  if (added.length > 0) changes.push(addedLines(text, last, added.join(newLine)));
  // From the end, so that the offsets of what is still to be done hold.
  return changes
    .sort((a, b) => b.start - a.start)
    .reduce((now, { start, end, text: put }) => now.slice(0, start) + put + now.slice(end), text);
}

function changeOf(
  text: string,
  field: FieldPlace,
  { key, value }: { readonly key: OptionalField; readonly value: LockEntry[OptionalField] },
): Change {
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
  const lineEnd = lineEndOf(text);
  const lines = marginOf(text, start) + added;
  return { start: at, end: at, text: endsInLine(text, at) ? lineEnd + lines : lines + lineEnd };
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
  const from = lineStart(text, start);
  // Without a line end behind it, the one above goes: the file ends as it did.
  if (!endsInLine(text, lineEnd)) return { start: from, end: lineEnd, text: "" };
  const above = text[from - 2] === "\r" ? 2 : 1;
  return { start: from - above, end: lineEnd, text: "" };
}

/** Whether an offset is the end of a text that has no line feed there. */
function endsInLine(text: string, at: number): boolean {
  return at === text.length && !text.endsWith("\n");
}
