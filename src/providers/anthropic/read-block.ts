/** One content block as a message part. A block that no part can show is reported as content. */

import type { Json } from "../../core/data/index.ts";
import { createMessage } from "../../core/messages/index.ts";
import { partsAsJson, pathOf } from "../rewrite/index.ts";
import { type Block, blocksIn, isObject, objectIn, type Path, stringIn } from "./json.ts";
import { readSource } from "./media.ts";
import { type Reading, readingOf, reportFields } from "./report-fields.ts";
import {
  isServerError,
  isServerResult,
  reportServerResult,
  serverTexts,
} from "./server-results.ts";
import { reportText } from "./text.ts";
import { type Part, readSearchResult, readTextDocument } from "./text-documents.ts";

type Reader = (block: Block, path: Path, reading: Reading) => Part | undefined;

/** The namespace of tools that the provider runs itself. */
export const serverNamespace = "anthropic";

/** What a document or a search result has beside its text. */
const settings = new Set(["cache_control", "citations", "transformations"]);
const callSettings = new Set(["cache_control", "caller"]);
const resultSettings = new Set(["cache_control", "toolset_name"]);
const signature = new Set(["signature"]);
const none: ReadonlySet<string> = new Set();
const fieldsOf = (...names: readonly string[]) => new Set(["type", ...names]);

const imageFields = fieldsOf("source");
const documentFields = fieldsOf("source", "title");
const textDocumentFields = fieldsOf("source", "title", "context");
const searchFields = fieldsOf("source", "title", "content");
const thinkingFields = fieldsOf("thinking");
const callFields = fieldsOf("id", "name", "input");
const resultFields = fieldsOf("tool_use_id", "content", "is_error");
const serverResultFields = fieldsOf("tool_use_id", "content");
const base64Fields = fieldsOf("media_type", "data");
const urlFields = fieldsOf("url");

const readers: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  [
    "text",
    (block, path, reading) => {
      reportText(block, path, reading);
      return { content_type: "text", text: stringIn(block, "text") };
    },
  ],
  ["image", readImage],
  ["document", readAnyDocument],
  [
    "search_result",
    (block, path, reading) => {
      const part = readSearchResult(block, path, reading);
      reportFields(reading, block, path, searchFields, settings);
      return part;
    },
  ],
  [
    "thinking",
    (block, path, reading) => {
      reportFields(reading, block, path, thinkingFields, signature);
      return { content_type: "thinking", text: stringIn(block, "thinking") };
    },
  ],
  ["tool_use", (block, path, reading) => readCall(block, path, reading, "toolset_name")],
  ["mcp_tool_use", (block, path, reading) => readCall(block, path, reading, "server_name")],
  ["server_tool_use", (block, path, reading) => readCall(block, path, reading)],
  ["tool_result", readResult],
  ["mcp_tool_result", readResult],
]);

/** The part that shows `block`, if one can. Its call's name is kept for the results after it. */
export function readBlock(block: Block, path: Path, reading: Reading): Part | undefined {
  const read = readers.get(block.type) ?? (isServerResult(block) ? readServerResult : undefined);
  const part = read?.(block, path, reading);
  if (part === undefined) {
    const reason = "Messages have no part for this block.";
    reading.left.add({ path: pathOf(...path), kind: "content", reason });
  }
  return part;
}

/** The parts of some blocks, and at which block each of them is. */
export interface ReadBlocks {
  readonly parts: readonly Part[];
  readonly at: readonly number[];
}

export function readBlocks(
  blocks: readonly Block[],
  path: Path,
  reading: Reading,
  takes: (block: Block) => boolean = () => true,
): ReadBlocks {
  const parts: Part[] = [];
  const at: number[] = [];
  for (const [i, block] of blocks.entries()) {
    const place = [...path, i];
    if (!takes(block)) {
      const reason = "Messages have no part for this block here.";
      reading.left.add({ path: pathOf(...place), kind: "content", reason });
      continue;
    }
    const part = readBlock(block, place, reading);
    if (part === undefined) continue;
    parts.push(part);
    at.push(i);
  }
  return { parts, at };
}

function readImage(block: Block, path: Path, reading: Reading): Part | undefined {
  const content = readMedia(block, path, reading);
  if (content === undefined) return undefined;
  reportFields(reading, block, path, imageFields, settings);
  return { content_type: "image", content };
}

function readAnyDocument(block: Block, path: Path, reading: Reading): Part | undefined {
  const content = readMedia(block, path, reading);
  const part =
    content === undefined
      ? readTextDocument(block, path, reading)
      : ({
          content_type: "document",
          content: {
            ...content,
            ...(typeof block.title === "string" ? { title: block.title } : {}),
          },
        } as const);
  if (part === undefined) return undefined;
  const shown = content === undefined ? textDocumentFields : documentFields;
  reportFields(reading, block, path, shown, settings);
  return part;
}

function readMedia(block: Block, path: Path, reading: Reading) {
  const source = objectIn(block.source);
  const media = readSource(source);
  if (media === undefined) return undefined;
  const shown = media.type === "url" ? urlFields : base64Fields;
  reportFields(reading, source, [...path, "source"], shown, none);
  return media;
}

/** @param from the field that says whose tool it is; without one it is the provider's own */
function readCall(
  block: Block,
  path: Path,
  reading: Reading,
  from?: "toolset_name" | "server_name",
): Part {
  const { input, caller } = block;
  const id = stringIn(block, "id");
  const name = stringIn(block, "name");
  const namespace = from === undefined ? serverNamespace : block[from];
  reportOtherCall(block, path, reading);
  reading.toolNames.set(id, name);
  if (input === undefined || !isObject(input)) {
    const reason = "The arguments are not a JSON object, so messages show none.";
    reading.left.add({ path: pathOf(...path, "input"), kind: "content", reason });
  }
  if (block.type !== "tool_use") {
    const reason = "The provider runs this call itself; messages show it as a call.";
    reading.left.add({ path: pathOf(...path, "type"), kind: "setting", reason });
  }
  const shown = new Set(callFields);
  if (from !== undefined) shown.add(from);
  if (isDirect(caller)) shown.add("caller");
  reportFields(reading, block, path, shown, callSettings);
  return {
    content_type: "tool_call",
    content: {
      tool_call_id: id,
      name,
      arguments: isObject(input) ? input : {},
      ...(typeof namespace === "string" ? { namespace } : {}),
    },
  };
}

/** A result with the id of two calls is named by the last, and may be of the first. */
function reportOtherCall(block: Block, path: Path, { left, toolNames }: Reading): void {
  const before = toolNames.get(stringIn(block, "id"));
  if (before === undefined || before === block.name) return;
  const reason =
    "An earlier call to another tool has the same id; results are named after the last one.";
  left.add({ path: pathOf(...path, "id"), kind: "content", reason });
}

/** The default caller. */
function isDirect(caller: Json | undefined): boolean {
  return isObject(caller) && caller.type === "direct" && Object.keys(caller).length === 1;
}

function readResult(block: Block, path: Path, reading: Reading): Part {
  reportFields(reading, block, path, resultFields, resultSettings);
  if (block.type !== "tool_result") {
    const reason = "The provider ran the tool itself; messages show its result.";
    reading.left.add({ path: pathOf(...path, "type"), kind: "setting", reason });
  }
  const content = readResultContent(block.content, path, reading);
  return resultPart(block, path, reading, content, block.is_error === true);
}

function readServerResult(block: Block, path: Path, reading: Reading): Part {
  reportFields(reading, block, path, serverResultFields, callSettings);
  reportServerResult(block, path, reading);
  const texts = serverTexts(block).map(({ text }) => ({ content_type: "text", text }));
  const reason = "The provider ran the tool itself; messages show only the text of its result.";
  reading.left.add({ path: pathOf(...path, "type"), kind: "setting", reason });
  return resultPart(block, path, reading, texts, isServerError(block));
}

function resultPart(
  block: Block,
  path: Path,
  { toolNames, left }: Reading,
  content: Json | undefined,
  isError: boolean,
): Part {
  const id = stringIn(block, "tool_use_id");
  const name = toolNames.get(id);
  if (name === undefined) {
    const reason = "No earlier call has this id, so the tool is unknown.";
    left.add({ path: pathOf(...path, "tool_use_id"), kind: "content", reason });
  }
  return {
    content_type: "tool_result",
    content: {
      tool_call_id: id,
      tool_name: name ?? "",
      is_error: isError,
      ...(content === undefined ? {} : { content }),
    },
  };
}

/** Kinds that a result can hold and a part can show. */
const inResults = new Set(["text", "image", "document", "search_result"]);

/** Text as a string; blocks as the parts of a message; a single text as that string. */
function readResultContent(
  content: Json | undefined,
  path: Path,
  reading: Reading,
): Json | undefined {
  if (content === undefined || content === null) return undefined;
  if (typeof content === "string") return content;
  const parts = innerParts(blocksIn(content), [...path, "content"], reading).parts;
  const [first] = parts;
  if (parts.length === 1 && first?.content_type === "text") return first.text;
  return partsAsJson(createMessage({ role: "tool", content: parts }).content);
}

export function innerParts(blocks: readonly Block[], path: Path, reading: Reading): ReadBlocks {
  return readBlocks(blocks, path, reading, ({ type }) => inResults.has(type));
}

/** For reading again what was read or written before: it reports nothing. */
export function silentReport(): Reading {
  return readingOf({ add: () => {}, list: () => [] });
}
