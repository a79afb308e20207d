/**
 * Documents and search results whose content is text: `resource` parts, so that a policy reads what
 * the model reads. A search result has a URI and a name, a plain document neither needs.
 */
import type { Json } from "../../core/data/index.ts";
import type { ContentPart, MessageInput } from "../../core/messages/index.ts";
import { type Collector, type Lost, pathOf, type ReportRemoved } from "../rewrite/index.ts";
import {
  type Block,
  blockIn,
  blocksIn,
  type JsonObject,
  type Path,
  stringIn,
  withFields,
} from "./json.ts";
import { type Reading, reportFields } from "./report-fields.ts";
import { reportText, writeText } from "./text.ts";

export type Part = NonNullable<MessageInput["content"]>[number];
type Resource = Extract<ContentPart, { readonly content_type: "resource" }>["content"];

const sourceFields = new Set(["type", "media_type", "data"]);
const contentFields = new Set(["type", "content"]);
const none: ReadonlySet<string> = new Set();

/** A document with a source of text. */
export function readTextDocument(block: Block, path: Path, reading: Reading): Part | undefined {
  const source = blockIn(block.source);
  const { title, context } = block;
  const at = [...path, "source"];
  if (source.type === "text") reportFields(reading, source, at, sourceFields, none);
  else if (source.type === "content") {
    reportFields(reading, source, at, contentFields, none);
    reading.left.add({
      path: pathOf(...at),
      kind: "setting",
      reason: "The source is a list of blocks; messages join their text.",
    });
  } else return undefined;
  return {
    content_type: "resource",
    content: {
      resource_request_id: "",
      uri: "",
      resource_type: "file",
      content: source.type === "text" ? stringIn(source, "data") : readTexts(source, at, reading),
      ...(source.type === "text" ? { mime_type: stringIn(source, "media_type") } : {}),
      ...(typeof title === "string" ? { name: title } : {}),
      ...(typeof context === "string" ? { description: context } : {}),
    },
  };
}

export function readSearchResult(block: Block, path: Path, reading: Reading): Part {
  if (blocksIn(block.content).length !== 1) {
    reading.left.add({
      path: pathOf(...path, "content"),
      kind: "setting",
      reason: "The content is not a single text; messages show one.",
    });
  }
  return {
    content_type: "resource",
    content: {
      resource_request_id: "",
      uri: stringIn(block, "source"),
      name: stringIn(block, "title"),
      resource_type: "uri",
      content: readTexts(block, path, reading),
    },
  };
}

/** The texts under `content`, a line each. Other content is reported. */
function readTexts({ content }: JsonObject, path: Path, reading: Reading): string {
  if (typeof content === "string") return content;
  const texts: string[] = [];
  for (const [i, inner] of blocksIn(content).entries()) {
    const at = [...path, "content", i];
    if (inner.type === "text") {
      reportText(inner, at, reading);
      texts.push(stringIn(inner, "text"));
    } else {
      const reason = "A block inside a document; messages show only its text.";
      reading.left.add({ path: pathOf(...at), kind: "content", reason });
    }
  }
  return texts.join("\n");
}

/** Whether a part without an old block is best said as a search result. */
function isSearchResult({ resource_type, uri, name }: Resource): boolean {
  return resource_type === "uri" && uri !== "" && name !== undefined;
}

/** The old block of a resource, its place in the document, and where to report what is dropped. */
interface OldResource {
  readonly block: Block;
  readonly resource: Resource;
  readonly path: Path;
  readonly removed: ReportRemoved;
}

/** The content with texts, its place in the document, and where to report what is dropped. */
type OldTexts = Pick<OldResource, "path" | "removed"> & { readonly content: Json | undefined };

/** A resource with text as a block over its old one; without text there is no block. */
export function writeResource(
  resource: Resource,
  old: OldResource | undefined,
  path: Path,
  lost: Collector<Lost>,
): Block | undefined {
  const { content, name, description, uri } = resource;
  if (content === undefined) return undefined;
  const block = old?.block;
  const isKept = old?.resource.content === content;
  if (block === undefined ? isSearchResult(resource) : block.type === "search_result") {
    const texts = isKept
      ? block?.content
      : writeTexts(old && { ...old, content: old.block.content }, content, path, lost);
    return withFields(block, {
      type: "search_result",
      source: uri,
      title: name ?? "",
      content: texts,
    });
  }
  const source = block && blockIn(block.source);
  return withFields(block, {
    type: "document",
    source: isKept ? source : writeTextSource(source, old, content, path, lost),
    title: name,
    context: description,
  });
}

function writeTextSource(
  source: Block | undefined,
  old: OldResource | undefined,
  text: string,
  path: Path,
  lost: Collector<Lost>,
): JsonObject {
  if (old === undefined || source?.type !== "content") {
    return withFields(source, { type: "text", media_type: "text/plain", data: text });
  }
  const { content } = source;
  if (typeof content === "string") return withFields(source, { content: text });
  const texts = { content, path: [...old.path, "source"], removed: old.removed };
  return withFields(source, { content: writeTexts(texts, text, path, lost) });
}

/** Puts the text in place of the first one and removes the others; other content stays. */
function writeTexts(
  old: OldTexts | undefined,
  text: string,
  path: Path,
  lost: Collector<Lost>,
): readonly Json[] {
  const blocks = blocksIn(old?.content);
  const first = blocks.findIndex(({ type }) => type === "text");
  const now = writeText(text, blocks[first], [...path, "content", "content"], lost);
  if (first === -1) return [...blocks, now];
  return blocks.flatMap((block, i) => {
    if (i === first) return [now];
    if (block.type !== "text") return [block];
    old?.removed(pathOf(...old.path, "content", i));
    return [];
  });
}
