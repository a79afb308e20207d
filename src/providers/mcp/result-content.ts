/**
 * Shows a tool's result as the content of a `tool_result`: the MCP result itself without hidden
 * fields, so that plugins see every kind of block, structured content and later versions' fields.
 */
import type { Path, Reading } from "../rewrite/index.ts";
import { sameJson } from "../rewrite/index.ts";
import { isObject, type JsonObject, without } from "./json.ts";
import { setField } from "./payload.ts";
import { type LostReports, reportForm } from "./report.ts";

/** Reports a result without a list of blocks (the oldest MCP): written anew, it gets one. */
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
 * Writes changed content over the result that it was read from. A string or a list of blocks
 * replaces the whole result.
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

/** Returns the new content together with the hidden fields of `original`. */
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

/** Returns the fields that a message may set, and reports those that belong to the protocol. */
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
