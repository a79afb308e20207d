/**
 * A tool's result as the content of a `tool_result`: the MCP result itself, except hidden fields.
 * So every kind of block, structured content and the fields of later versions are shown.
 */
import type { Path, Reading } from "../rewrite/index.ts";
import { isObject, type JsonObject, sameJson, without } from "./json.ts";
import { setField } from "./payload.ts";
import { type LostReports, reportForm } from "./report.ts";

/** The oldest era had results of other shapes; written afresh they get a list of blocks. */
export function reportNoBlocks(
  reading: Reading,
  result: JsonObject,
  hidden: readonly string[],
  at: Path,
): void {
  if (result.content !== undefined || result.resultType === "input_required") return;
  if (Object.keys(result).every((key) => hidden.includes(key))) return;
  reportForm(reading, [...at, "content"], "The result has no list of blocks.");
}

/**
 * Writes a changed content over the result it was shown of. A text or blocks alone stand for all.
 */
export function writeResult(
  original: JsonObject,
  changed: unknown,
  hidden: readonly string[],
  lost: LostReports,
  at: Path,
): JsonObject {
  const before = without(original, hidden);
  const content = sameJson(changed, before)
    ? before
    : readContent(changed, before, hidden, lost, at);
  return overHidden(original, content, hidden);
}

/** The new content of a document, with what was hidden of the old one. */
export function overHidden(
  original: JsonObject,
  content: JsonObject,
  hidden: readonly string[],
): JsonObject {
  const kept = Object.entries(original).filter(([key]) => {
    return hidden.includes(key) || Object.hasOwn(content, key);
  });
  const next: JsonObject = Object.fromEntries(kept);
  for (const [key, value] of Object.entries(content)) setField(next, key, value);
  return next;
}

function readContent(
  changed: unknown,
  before: JsonObject,
  hidden: readonly string[],
  lost: LostReports,
  at: Path,
): JsonObject {
  if (typeof changed === "string") return { content: [{ type: "text", text: changed }] };
  if (Array.isArray(changed)) return { content: blocksOf(changed, lost, at) };
  if (!isObject(changed)) {
    lost.add(at, "An MCP result is text, a list of blocks, or an object with such a list.");
    return { content: [] };
  }
  const content = withoutHidden(changed, hidden, lost, at);
  if (Array.isArray(content.content)) {
    return { ...content, content: blocksOf(content.content, lost, [...at, "content"]) };
  }
  const isBare = Object.keys(before).length === 0;
  if (content.content !== undefined || before.content !== undefined || isBare) {
    const where = content.content === undefined ? at : [...at, "content"];
    lost.add(where, "An MCP result needs a list of blocks.");
    return { ...content, content: [] };
  }
  return content;
}

/** What a message may set: everything except fields of the protocol. */
export function withoutHidden(
  values: Readonly<JsonObject>,
  hidden: readonly string[],
  lost: LostReports,
  at: Path,
): JsonObject {
  for (const key of hidden) {
    if (Object.hasOwn(values, key)) lost.add([...at, key], "This field belongs to the protocol.");
  }
  return without(values, hidden);
}

function blocksOf(items: readonly unknown[], lost: LostReports, at: Path): unknown[] {
  return items.filter((item, place) => {
    if (isObject(item) && typeof item.type === "string") return true;
    lost.add([...at, place], "An MCP block is an object with a type.");
    return false;
  });
}
