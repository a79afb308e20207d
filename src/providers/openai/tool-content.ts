/** The output of a tool: a string, or a list of blocks, which a result shows as a list of parts. */
import type { Json } from "../../core/data/index.ts";
import { isGlassineError } from "../../core/errors/index.ts";
import { type ContentPart, createMessage } from "../../core/messages/index.ts";
import { pairParts, partsAsJson } from "../rewrite/index.ts";
import { freshBlock, overBlock, type Place, readBlock } from "./blocks.ts";
import { isObject, isSameJsonText, objectIn } from "./json.ts";
import { ignoreLeft, type LossReporter, type ReportLeft, under } from "./report-fields.ts";
import { rewrite, type Source } from "./rewrite.ts";

/** The content of a result, for `tool_result`. */
export function readToolContent(
  content: Json | undefined,
  path: string,
  left: ReportLeft,
): Json | undefined {
  if (!Array.isArray(content)) return content ?? undefined;
  return sourcesOf(content, path, left).flatMap(({ parts }) => partsAsJson(parts));
}

function sourcesOf(
  content: readonly Json[],
  path: string,
  left: ReportLeft,
): readonly Source<Json, ContentPart>[] {
  return content.map((item, index) => {
    const at = under(path, index);
    const part = readBlock(objectIn(item), at, left);
    return { item, parts: part === undefined ? [] : [part], path: at };
  });
}

/** The old content of a result, and its place in the document. */
export interface OldContent {
  readonly content: Json | undefined;
  readonly path: string;
}

/**
 * The content of a result as the format has it, over the old one where there is one. `of` is the
 * path of the result.
 */
export function writeToolContent(
  content: Json | undefined,
  old: OldContent | undefined,
  of: string,
  place: Place,
  { lost, removed }: LossReporter,
): Json {
  const path = content === undefined ? of : under(of, "content");
  const sources = Array.isArray(old?.content) ? sourcesOf(old.content, old.path, ignoreLeft) : [];
  const parts = typeof content === "string" ? undefined : partsIn(content);
  if (parts === undefined) for (const source of sources) removed(source.path);
  if (typeof content === "string") return content;
  if (parts === undefined) {
    const reason =
      content === undefined
        ? "A result needs content; empty text was written."
        : "Written as JSON text.";
    lost({ path, reason });
    return content === undefined ? "" : JSON.stringify(content);
  }
  return rewrite(sources, parts, {
    pair: pairParts,
    over: ({ item, path: from }, [now]) => {
      const old = { block: objectIn(item), from };
      const block =
        now && overBlock(old, now.part, under(path, now.index), place, { lost, removed });
      if (block === undefined) removed(from);
      return block;
    },
    fresh: ({ part, index }) => {
      const where = under(path, index);
      if (isAllowed(part, place)) return [freshBlock(part, place, where, lost) ?? []].flat();
      lost({ path: where, reason: "A tool result cannot hold it." });
      return [];
    },
    removed: (source) => removed(source.path),
  });
}

/** Chat accepts only texts. */
function isAllowed({ content_type }: ContentPart, place: Place): boolean {
  return content_type === "text" || (place !== "chat" && content_type !== "audio");
}

/** A list of parts, if that is what a content is. */
function partsIn(content: Json | undefined): readonly ContentPart[] | undefined {
  if (
    !Array.isArray(content) ||
    !content.every((item) => isObject(item) && "content_type" in item)
  ) {
    return undefined;
  }
  try {
    const parts = createMessage({ role: "tool", content }).content;
    return isSameJsonText(parts, content) ? parts : undefined;
  } catch (error) {
    if (isGlassineError(error)) return undefined;
    throw error;
  }
}
