import type { Json } from "../../core/data/index.ts";
import { isObject, type JsonObject, sameJson, without } from "./json.ts";
import { setField } from "./payload.ts";
import { type LeftReports, type Path, type Reports, reportFields, settingsOf } from "./report.ts";

/**
 * A tool's result as the content of a `tool_result`: the MCP result itself, except hidden fields.
 * So every kind of block, structured content and the fields of later versions are shown.
 */
export function shownResult(result: JsonObject, hidden: readonly string[]): Json {
  return without(result, hidden) as Json;
}

/**
 * Reports what is hidden, except the fields in `elsewhere`, which parts show in fields of their
 * own.
 */
export function reportHidden(
  result: JsonObject,
  hidden: readonly string[],
  elsewhere: readonly string[],
  left: LeftReports,
  at: Path,
): void {
  const unseen = hidden.filter((key) => !elsewhere.includes(key));
  reportFields(result, unseen, left, at, settingsOf.toolResult);
  const isAsking = result.resultType === "input_required";
  const isBare = Object.keys(result).every((key) => hidden.includes(key));
  // The oldest era had results of other shapes; written afresh they get a list of blocks.
  if (result.content === undefined && !isAsking && !isBare) {
    left.form([...at, "content"], "The result has no list of blocks.");
  }
}

/**
 * Writes a changed content over the result it was shown of. A text or blocks alone stand for all.
 */
export function writeResult(
  original: JsonObject,
  changed: Json | undefined,
  hidden: readonly string[],
  isError: boolean,
  lost: Reports,
  at: Path,
): JsonObject {
  const before = without(original, hidden);
  const path = changed === undefined ? at : [...at, "content"];
  const content = sameJson(changed, before)
    ? before
    : readContent(changed, before, hidden, lost, path);
  const kept = Object.entries(original).filter(([key]) => {
    return hidden.includes(key) || Object.hasOwn(content, key);
  });
  const next: JsonObject = Object.fromEntries(kept);
  for (const [key, value] of Object.entries(content)) setField(next, key, value);
  if (isError !== (original.isError === true)) next.isError = isError;
  return next;
}

function readContent(
  changed: Json | undefined,
  before: JsonObject,
  hidden: readonly string[],
  lost: Reports,
  at: Path,
): JsonObject {
  if (typeof changed === "string") return { content: [{ type: "text", text: changed }] };
  if (Array.isArray(changed)) return { content: blocksOf(changed, lost, at) };
  if (!isObject(changed)) {
    lost.add(at, "An MCP result is text, a list of blocks, or an object with such a list.");
    return { content: [] };
  }
  for (const key of hidden) {
    if (Object.hasOwn(changed, key)) lost.add([...at, key], "This field belongs to the protocol.");
  }
  const content = without(changed, hidden);
  if (Array.isArray(content.content)) {
    return { ...content, content: blocksOf(content.content, lost, [...at, "content"]) };
  }
  if (content.content !== undefined || before.content !== undefined || isBare(before)) {
    const where = content.content === undefined ? at : [...at, "content"];
    lost.add(where, "An MCP result needs a list of blocks.");
    return { ...content, content: [] };
  }
  return content;
}

/** Whether there was no result before. One that asks for input has no content. */
function isBare(before: JsonObject): boolean {
  return Object.keys(before).length === 0;
}

function blocksOf(items: readonly unknown[], lost: Reports, at: Path): unknown[] {
  return items.filter((item, place) => {
    if (isObject(item) && typeof item.type === "string") return true;
    lost.add([...at, place], "An MCP block is an object with a type.");
    return false;
  });
}
