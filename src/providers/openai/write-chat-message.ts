/** Writes one message of Chat Completions: its items, over those it had, into their fields. */
import type { Json } from "../../core/data/index.ts";
import type { ContentPart, Message } from "../../core/messages/index.ts";
import { pairParts } from "../rewrite/index.ts";
import { freshBlock, overBlock } from "./blocks.ts";
import { inputOf, type ToolCall, textOfArguments } from "./calls.ts";
import { type Field, fields, type Item, type Sources } from "./chat-message.ts";
import {
  given,
  isObject,
  isSameJsonText,
  type JsonObject,
  objectIn,
  textAt,
  withFields,
} from "./json.ts";
import { keptById, type LossReporter, type ReportLost, staleKeys, under } from "./report-fields.ts";
import { type Placed, rewrite, type Source } from "./rewrite.ts";

/** What may stand in a message, by who says it. */
export interface Kinds {
  readonly media: boolean;
  readonly calls: boolean;
}

/**
 * The fields of a message that holds `parts`. What is `undefined` is not there any more.
 * `path` is that of the message among messages.
 */
export function writeFields(
  old: JsonObject | undefined,
  sources: Sources,
  parts: readonly ContentPart[],
  path: string,
  kinds: Kinds,
  { lost, removed }: LossReporter,
): { readonly [field: string]: Json | undefined } {
  const isLegacy = parts.filter(({ content_type }) => content_type === "tool_call").length === 1;
  const items = rewrite<Item, ContentPart>(sources, parts, {
    pair: pairParts,
    over: (source, now) => {
      const item = overItem(source, now, path, { lost, removed });
      if (item === undefined) removed(source.path);
      return item;
    },
    fresh: ({ part, index }) =>
      freshItem(part, under(path, "content", index), isLegacy, kinds, lost),
    removed: (source) => removed(source.path),
    reportMoved: ({ index }) => {
      const reason = "A spoken answer has it, so what was put before it stands elsewhere.";
      lost({ path: under(path, "content", index), reason });
    },
  });
  reportOrder(items, path, lost);
  const of = (field: Field) => items.filter((item) => item.field === field).map(({ json }) => json);
  const changes = fields
    .filter((field) => field !== "content")
    .map((field): [string, Json | undefined] => {
      const found = of(field);
      if (found.length > 0) return [field, field === "tool_calls" ? found : found[0]];
      return [
        field,
        old !== undefined && given(old, field) === undefined ? old[field] : goneField(field, old),
      ];
    });
  return Object.fromEntries([["content", contentOf(of("content"), old, kinds)], ...changes]);
}

/**
 * What stands in a message beside its content and fits the old one only: citations fit the texts,
 * what was parsed may be of a call, too. `undefined` is not there any more.
 */
export function overBeside(
  old: JsonObject,
  before: Message | undefined,
  now: Message,
  path: string,
  lost: ReportLost,
): { readonly [field: string]: undefined } {
  const [had, has] = [before?.content ?? [], now.content];
  if (isSameJsonText(had, has)) return {};
  const keys = isSameJsonText(textsOf(had), textsOf(has)) ? ["parsed"] : ["annotations", "parsed"];
  const stale = staleKeys(old, keys, under(path, "content"), lost);
  return Object.fromEntries(stale.map((key) => [key, undefined]));
}

function textsOf(content: readonly ContentPart[]): readonly string[] {
  return content.flatMap((part) => (part.content_type === "text" ? [part.text] : []));
}

/** An emptied field that has to be there is null. */
function goneField(field: Field, old: JsonObject | undefined): Json | undefined {
  if (old === undefined || field === "tool_calls" || field === "function_call") return undefined;
  return Object.hasOwn(old, field) ? null : undefined;
}

function contentOf(
  blocks: readonly Json[],
  old: JsonObject | undefined,
  kinds: Kinds,
): Json | undefined {
  const before = old === undefined ? undefined : given(old, "content");
  if (blocks.length === 0) {
    if (old !== undefined && before === undefined) return old.content;
    if (Array.isArray(before)) return [];
    return kinds.calls ? null : [];
  }
  const [first] = blocks;
  if (blocks.length === 1 && !Array.isArray(before)) {
    if (typeof first === "string") return first;
    if (isObject(first) && isPlainText(first)) return first.text;
  }
  return blocks.map((each) => (typeof each === "string" ? { type: "text", text: each } : each));
}

function isPlainText(block: JsonObject): boolean {
  return block.type === "text" && Object.keys(block).length === 2;
}

/** The transcript of a spoken answer is text. */
function overItem(
  { item, parts, path: from }: Source<Item, ContentPart>,
  now: readonly (Placed<ContentPart> | undefined)[],
  path: string,
  { lost, removed }: LossReporter,
): Item | undefined {
  const first = now[0];
  const json = item.json;
  const second = now[1]?.part;
  const index = (first ?? now[1])?.index ?? 0;
  const where = under(path, "content", index);
  if (item.field === "audio" && isObject(json)) {
    const sound = first?.part.content_type === "audio" ? first.part.content : undefined;
    if (sound?.type === "url") {
      lost({ path: where, reason: "A spoken answer needs its audio." });
    }
    if (sound === undefined || sound.type === "url") {
      if (second?.content_type !== "text") return undefined;
      removed(from);
      return { field: "content", json: second.text };
    }
    reportSound(sound, where, lost);
    if (given(json, "id") !== undefined) lost({ path: where, reason: keptById });
    if (parts.length > 1 && second === undefined) {
      lost({ path: where, reason: "A spoken answer has a transcript, which reads back as text." });
    }
    const transcript = second?.content_type === "text" ? second.text : "";
    const changes = { data: sound.data, ...(parts.length > 1 && { transcript }) };
    return { ...item, json: withFields(json, changes) };
  }
  const part = first?.part;
  if (part === undefined) return undefined;
  if (part.content_type === "tool_call") {
    return { ...item, json: overCall(objectIn(json), part.content, where, lost) };
  }
  if (typeof json === "string") {
    return part.content_type === "text" ? { ...item, json: part.text } : undefined;
  }
  const block = overBlock({ block: objectIn(json), from }, part, where, "chat", {
    lost,
    removed,
  });
  return block && { ...item, json: block };
}

/** What a spoken answer does not say of its sound. */
function reportSound(
  sound: Extract<ContentPart, { content_type: "audio" }>["content"],
  path: string,
  lost: ReportLost,
): void {
  for (const key of ["media_type", "duration_ms"] as const) {
    if (sound[key] === undefined) continue;
    lost({ path: under(path, "content", key), reason: `A spoken answer has no ${key}.` });
  }
}

function overCall(json: JsonObject, call: ToolCall, path: string, lost: ReportLost): JsonObject {
  const { tool_call_id: id, name } = call;
  if (call.namespace !== undefined) lost({ path, reason: "A call has no namespace." });
  if (isObject(json.custom) && json.type === "custom") {
    const input = inputOf(call.arguments);
    if (input === undefined)
      lost({ path, reason: "A custom tool takes one text; JSON text was written." });
    const text = input ?? textOfArguments(call.arguments);
    return withFields(json, {
      id,
      custom: overInner(json.custom, { name, input: text }, path, lost),
    });
  }
  const old = isObject(json.function) ? json.function : json;
  const text = textOfArguments(call.arguments, textAt(old, "arguments"));
  const written = overInner(old, { name, arguments: text }, path, lost);
  return isObject(json.function) ? withFields(json, { id, function: written }) : written;
}

/** Writes a name and a text over the old ones, and drops what the SDK parsed from another text. */
function overInner(old: JsonObject, now: JsonObject, path: string, lost: ReportLost): JsonObject {
  const isSame = Object.entries(now).every(([key, text]) => key === "name" || old[key] === text);
  const stale = isSame ? [] : staleKeys(old, ["parsed_arguments"], path, lost);
  return withFields(old, { ...now, ...Object.fromEntries(stale.map((key) => [key, undefined])) });
}

function freshItem(
  part: ContentPart,
  path: string,
  isLegacy: boolean,
  kinds: Kinds,
  lost: ReportLost,
): readonly Item[] {
  if (part.content_type === "tool_call" && kinds.calls) {
    const { tool_call_id: id, name, namespace } = part.content;
    if (namespace !== undefined) lost({ path, reason: "A call has no namespace." });
    const text = textOfArguments(part.content.arguments);
    const json = { name, arguments: text };
    if (id === "" && isLegacy) return [{ field: "function_call", json }];
    return [{ field: "tool_calls", json: { id, type: "function", function: json } }];
  }
  if (part.content_type !== "text" && !kinds.media) {
    lost({
      path,
      reason: `A message with this role cannot hold a part of type ${part.content_type}.`,
    });
    return [];
  }
  const json = freshBlock(part, "chat", path, lost);
  return json === undefined ? [] : [{ field: "content", json }];
}

/** Fields have no order: a text after a call is read before it. */
function reportOrder(items: readonly Item[], path: string, lost: ReportLost): void {
  const ranks = items.map(({ field }) => fields.indexOf(field));
  if (ranks.some((rank, index) => rank < (ranks[index - 1] ?? rank))) {
    lost({
      path: under(path, "content"),
      reason: "Content comes before calls, so the order changes.",
    });
  }
}
