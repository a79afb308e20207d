/** New values for an entry that is there: only what differs is replaced, where it stands. */
import { lineStart } from "./entry-blocks.ts";
import { capabilitiesKey, textKeys } from "./entry-rules.ts";
import { sameGrant } from "./same-data.ts";
import { afterLine, type FieldPlace, partsOf, type TablePlace } from "./toml-places.ts";
import type { LockEntry } from "./types.ts";
import { uneditable } from "./uneditable.ts";
import { grantArray, grantLine, inQuotesOf, lineEndOf } from "./write-toml.ts";

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
  if (!sameGrant(before.capabilities, after.capabilities))
    changes.push(changeOfGrant(text, table, after.capabilities));
  // From the end, so that the offsets of what is still to be done hold.
  return changes
    .sort((a, b) => b.start - a.start)
    .reduce((now, { start, end, text: put }) => now.slice(0, start) + put + now.slice(end), text);
}

function changeOfGrant(text: string, table: TablePlace, names: LockEntry["capabilities"]): Change {
  const field = table.fields.find(({ key }) => partsOf(key)[0] === capabilitiesKey);
  if (field === undefined) return addedGrant(text, table, names ?? []);
  const { start, end } = field.value;
  // No name of a capability has this character: it begins a comment.
  if (text.slice(start, end).includes("#"))
    throw uneditable(text, start, "capabilities has comments between its names; put them above it");
  return names === undefined ? removedLine(text, field) : { start, end, text: grantArray(names) };
}

/** A line of its own below the entry's last one, as far from the margin as that. */
function addedGrant(text: string, table: TablePlace, names: readonly string[]): Change {
  const last = table.fields.at(-1) ?? table;
  const at = afterLine(text, last.end);
  const line = text.slice(lineStart(text, last.start), last.start) + grantLine(names);
  const lineEnd = lineEndOf(text);
  return { start: at, end: at, text: endsInLine(text, at) ? lineEnd + line : line + lineEnd };
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
