/**
 * One message part as a content block: over the block it comes from, or fresh. Each field of a
 * block is written by name; nothing of a message is ever spread into one.
 */
import type { Json } from "../../core/data/index.ts";
import { type ContentPart, createMessage } from "../../core/messages/index.ts";
import { type Collector, type Lost, pathOf, type ReportRemoved } from "../rewrite/index.ts";
import { type Block, blocksIn, isSameJsonText, type Path, withFields } from "./json.ts";
import { writeSource } from "./media.ts";
import { readBlock, serverNamespace, silentReport } from "./read-block.ts";
import { isServerResult, writeServerTexts } from "./server-results.ts";
import { writeText } from "./text.ts";
import { writeResource } from "./text-documents.ts";
import { partsOf, textsOf } from "./tool-results.ts";

/** Where a block goes: a turn of a request, its system prompt, inside a result, or a response. */
export type Place = "turn" | "system" | "result" | "response";

/**
 * How to report what is lost while messages are written, and the calls that must not be written
 * anew.
 */
export interface LossReporter {
  readonly lost: Collector<Lost>;
  readonly removed: ReportRemoved;
  /** The ids of the calls that the provider ran. */
  readonly providerCalls: ReadonlySet<string>;
}

export interface Writing extends LossReporter {
  readonly place: Place;
  /** Writes the blocks inside a tool result. */
  readonly writeInner: (
    parts: readonly ContentPart[],
    old: OldBlocks | undefined,
    placeOf: PlaceOf,
  ) => readonly Block[];
}

/** Where a part is in the messages, by its place in a list. */
export type PlaceOf = (i: number) => Path;

export function inList(path: Path): PlaceOf {
  return (i) => [...path, i];
}

/** The blocks in a result, and where they are in the document. */
export interface OldBlocks {
  readonly blocks: readonly Block[];
  readonly path: Path;
}

/**
 * A block that a part comes from, with the part that showed it, and where it is in the document.
 */
export interface Old {
  readonly block: Block;
  readonly part: ContentPart;
  readonly path: Path;
}

/** What can be written without an old block. */
const kinds: Readonly<Record<Place, ReadonlySet<string>>> = {
  turn: new Set(["text", "thinking", "image", "document", "resource", "tool_call", "tool_result"]),
  system: new Set(["text"]),
  result: new Set(["text", "image", "document", "resource"]),
  response: new Set(["text", "thinking", "tool_call"]),
};

/** The block for `part`; if there is none, reports it and returns `undefined`. */
export function writeBlock(
  part: ContentPart,
  old: Old | undefined,
  path: Path,
  writing: Writing,
): Block | undefined {
  const { lost, place } = writing;
  if (old === undefined && !kinds[place].has(part.content_type)) {
    lost.add({
      path: pathOf(...path),
      reason: `A ${nameOf[place]} has no block for a part of this kind.`,
    });
    return undefined;
  }
  const block = blockFor(part, old, path, writing);
  if (block === undefined) {
    lost.add({ path: pathOf(...path), reason: reasonFor(part) });
    return undefined;
  }
  reportUnsaid(part, block, path, lost);
  return block;
}

const nameOf: Readonly<Record<Place, string>> = {
  turn: "message",
  system: "system prompt",
  result: "tool result",
  response: "response",
};

function blockFor(
  part: ContentPart,
  old: Old | undefined,
  path: Path,
  writing: Writing,
): Block | undefined {
  const { lost, place, removed } = writing;
  const before = old && { ...old, removed };
  switch (part.content_type) {
    case "text":
      return ofResponse(writeText(part.text, old?.block, path, lost), old, place, {
        citations: null,
      });
    case "thinking":
      return writeThinking(part.text, old, path, writing);
    case "image": {
      const source = writeSource(part.content, before);
      return source && withFields(old?.block, { type: "image", source });
    }
    case "document": {
      const { title } = part.content;
      const source = writeSource(part.content, before);
      return source && withFields(old?.block, { type: "document", source, title });
    }
    case "resource": {
      const resource = old?.part.content_type === "resource" ? old.part.content : undefined;
      const known = before && resource && { ...before, resource };
      return writeResource(part.content, known, path, lost);
    }
    case "tool_call":
      return ofResponse(writeCall(part.content, old, writing.providerCalls), old, place, {
        caller: { type: "direct" },
      });
    case "tool_result":
      return writeResult(part.content, old, path, writing);
    default:
      return undefined;
  }
}

/** A fresh block of a response has the fields that the SDK's types require. */
function ofResponse(
  block: Block | undefined,
  old: Old | undefined,
  place: Place,
  fields: { readonly [name: string]: Json },
): Block | undefined {
  return block && old === undefined && place === "response" ? { ...block, ...fields } : block;
}

/**
 * A signature is bound to its text: with another text it goes, and a request takes none without.
 */
function writeThinking(
  text: string,
  old: Old | undefined,
  path: Path,
  { lost, place }: Writing,
): Block | undefined {
  if (place !== "response") return undefined;
  if (typeof old?.block.signature === "string" && old.block.signature !== "") {
    const reason = "The signature of the old thinking is dropped with its text.";
    lost.add({ path: pathOf(...path), reason });
  }
  return withFields(old?.block, { type: "thinking", thinking: text, signature: "" });
}

type Call = Extract<ContentPart, { readonly content_type: "tool_call" }>["content"];
type Result = Extract<ContentPart, { readonly content_type: "tool_result" }>["content"];

/**
 * A call that the provider ran is never written as a new block: the caller would run a `tool_use`.
 * Nor does any call become the provider's by its namespace.
 */
function writeCall(
  call: Call,
  old: Old | undefined,
  providerCalls: ReadonlySet<string>,
): Block | undefined {
  const { tool_call_id: id, name, arguments: input, namespace } = call;
  if (old === undefined && (namespace === serverNamespace || providerCalls.has(id)))
    return undefined;
  const before = old?.part.content_type === "tool_call" ? old.part.content : undefined;
  const type = old?.block.type ?? "tool_use";
  const isOthers = namespace !== serverNamespace || namespace === before?.namespace;
  return withFields(old?.block, {
    type,
    id,
    name,
    // An input that is not an object was shown as no arguments: it stays until they are changed.
    ...(before !== undefined && isSameJsonText(before.arguments, input) ? {} : { input }),
    ...(type === "tool_use" && isOthers ? { toolset_name: namespace } : {}),
    ...(type === "mcp_tool_use" && namespace !== undefined ? { server_name: namespace } : {}),
  });
}

function writeResult(
  result: Result,
  old: Old | undefined,
  path: Path,
  writing: Writing,
): Block | undefined {
  const { tool_call_id: id, content, is_error: isError } = result;
  if (old === undefined && writing.providerCalls.has(id)) return undefined;
  const before = old?.part.content_type === "tool_result" ? old.part.content : undefined;
  const isKept = before !== undefined && isSameJsonText(before.content, content);
  if (old !== undefined && isServerResult(old.block)) {
    return isKept ? old.block : writeServerResult(content, old, path, writing);
  }
  return withFields(old?.block, {
    type: old?.block.type ?? "tool_result",
    tool_use_id: id,
    ...(isKept ? {} : { content: writeContent(content, old, path, writing) }),
    ...(isError === (before?.is_error ?? false) ? {} : { is_error: isError }),
  });
}

function writeServerResult(
  content: Json | undefined,
  { block, path: from }: Old,
  path: Path,
  { lost, removed }: Writing,
): Block | undefined {
  const texts = textsOf(partsOf(content));
  const written = texts && writeServerTexts(block, texts);
  const placeOf = placesIn(content, path);
  for (const i of written?.texts ?? []) {
    const reason =
      "The result also holds the old text in encrypted form, so the whole result is dropped.";
    lost.add({ path: pathOf(...placeOf(i)), reason });
  }
  for (const item of written?.items ?? []) removed(pathOf(...from, "content", item));
  return written?.block;
}

function writeContent(
  content: Json | undefined,
  old: Old | undefined,
  path: Path,
  { writeInner, removed }: Writing,
): Json | undefined {
  const parts = partsOf(content);
  const inner = old && Array.isArray(old.block.content) ? innerOf(old) : undefined;
  if (content === undefined && inner === undefined) return undefined;
  if (typeof content === "string" && inner === undefined) return content;
  if (parts !== undefined) return writeInner(parts, inner, placesIn(content, path));
  for (const place of inner?.blocks.keys() ?? []) removed(pathOf(...(inner?.path ?? []), place));
  // Data never becomes a block: the model reads its text.
  return JSON.stringify(content);
}

/** The places of the parts in the content of a result. A single text is not a list. */
function placesIn(content: Json | undefined, path: Path): PlaceOf {
  const at = [...path, "content", "content"];
  return Array.isArray(content) ? inList(at) : () => at;
}

function innerOf({ block, path }: Old): OldBlocks {
  return { blocks: blocksIn(block.content), path: [...path, "content"] };
}

/** Reports what reading the block again would not give. */
function reportUnsaid(part: ContentPart, block: Block, path: Path, lost: Collector<Lost>): void {
  const again = readBlock(block, [], silentReport());
  const parts =
    again === undefined ? [] : createMessage({ role: "tool", content: [again] }).content;
  const said = parts[0];
  if (said === undefined || said.content_type !== part.content_type) {
    lost.add({
      path: pathOf(...path),
      reason: "It would read back as another part or not at all.",
    });
    return;
  }
  if (isSameJsonText(said, part)) return;
  const now = fieldsOf(part);
  const back = fieldsOf(said);
  for (const name of new Set([...Object.keys(now), ...Object.keys(back)])) {
    // The call with its id names the result's tool.
    if (part.content_type === "tool_result" && name === "tool_name") continue;
    if (isSameJsonText(now[name], back[name])) continue;
    const reason = "The block cannot hold this value; it would read back as another or not at all.";
    const at = "text" in part ? [...path, "text"] : [...path, "content", name];
    lost.add({ path: pathOf(...(now[name] === undefined ? path : at)), reason });
  }
}

function fieldsOf(part: ContentPart): { readonly [name: string]: Json | undefined } {
  return "text" in part ? { text: part.text } : (part.content as { readonly [name: string]: Json });
}

function reasonFor(part: ContentPart): string {
  switch (part.content_type) {
    case "thinking":
      return "Thinking that differs from what was signed; a request accepts no unsigned thinking.";
    case "resource":
      return "A resource without text.";
    case "tool_call":
      return "A call that the provider ran; a new block cannot stand for it.";
    case "tool_result":
      return "The text of a result of the provider's tool: none can be added or removed, and text that is also encrypted cannot change.";
    default:
      return "Bytes without a media type.";
  }
}
