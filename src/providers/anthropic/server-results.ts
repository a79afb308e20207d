/**
 * Results of tools that the provider runs itself. Messages show their texts; everything else,
 * encrypted or not, is reported. Texts can be edited in place, but not added or removed. If an
 * encrypted value stands beside a text, an edit drops the item or result that holds both.
 */
import type { Json } from "../../core/data/index.ts";
import {
  copyOnWrite,
  type FieldRule,
  isJsonObject,
  type JsonObject,
  type Left,
  type LeftKind,
  type Path,
  partsIn,
  pathOf,
  placesIn,
  unwritable,
} from "../rewrite/index.ts";

/** Paths under `content` of texts that a model or a person reads; `*` is any item of an array. */
const readable: { readonly [type: string]: readonly string[] } = {
  web_search_tool_result: ["*.title", "*.url", "*.page_age"],
  web_fetch_tool_result: ["url", "content.title", "content.source.data", "retrieved_at"],
  code_execution_tool_result: ["stdout", "stderr"],
  bash_code_execution_tool_result: ["stdout", "stderr"],
  text_editor_code_execution_tool_result: ["content", "lines.*"],
  tool_search_tool_result: ["tool_references.*.tool_name"],
  advisor_tool_result: ["text"],
};
const ofErrors = ["error_code", "error_message"];

interface FoundText {
  readonly keys: Path;
  readonly text: string;
}

interface FoundValue {
  readonly keys: Path;
  readonly value: Json;
}

/** The types of blocks that hold such results. */
export const serverTypes: readonly string[] = Object.keys(readable);

export function isServerResult({ tool_use_id }: JsonObject): boolean {
  return typeof tool_use_id === "string";
}

/** Shows each text as a part of the result's content, and reports every other value. */
export const serverContent: FieldRule = {
  at: "content",
  read(_content, path, { left }, block) {
    for (const report of unshownIn(block, path)) left.add(report);
    return serverTexts(block).map(({ text }) => ({ content_type: "text", text }));
  },
  write(value, old, path, { lost, removed }) {
    const texts = partsIn(value, ["text"])?.map((part) => ("text" in part ? part.text : ""));
    const written = old && texts && writeServerTexts(old.block, texts);
    const placeOf = placesIn(value, path);
    for (const i of written?.texts ?? []) {
      const reason =
        "The result also holds the old text in encrypted form, so the whole result is dropped.";
      lost.add({ path: pathOf(...placeOf(i)), reason });
    }
    for (const item of written?.items ?? []) removed(pathOf(...(old?.path ?? []), item));
    return written === undefined || written.isDropped ? unwritable : written.content;
  },
};

/** Whether the tool of a server result failed. */
export function isServerError({ content }: JsonObject): boolean {
  return isJsonObject(content) && typeof content.error_code === "string";
}

/** The texts of a server result, in document order. */
function serverTexts({ type, content }: JsonObject): readonly FoundText[] {
  const wanted = [...(readable[String(type)] ?? []), ...ofErrors];
  return valuesOf(content).flatMap(({ keys, value }) => {
    const place = keys.map((key) => (typeof key === "number" ? "*" : key)).join(".");
    const isText = typeof value === "string" && wanted.includes(place) && !isBinary(content, keys);
    return isText ? [{ keys, text: value }] : [];
  });
}

/** The known values of `type` inside server results. */
// Source: the types of @anthropic-ai/sdk 1.11.0, messages.d.ts in resources and resources/beta.
const innerTypes = new Set([
  "advisor_redacted_result",
  "advisor_result",
  "advisor_tool_result_error",
  "base64",
  "document",
  "ephemeral",
  "text",
  "web_search_result",
  "web_search_tool_result_error",
  "web_fetch_result",
  "web_fetch_tool_result_error",
  "code_execution_output",
  "code_execution_result",
  "code_execution_tool_result_error",
  "encrypted_code_execution_result",
  "bash_code_execution_output",
  "bash_code_execution_result",
  "bash_code_execution_tool_result_error",
  ...["create", "str_replace", "view"].map((act) => `text_editor_code_execution_${act}_result`),
  "text_editor_code_execution_tool_result_error",
  "tool_reference",
  "tool_search_tool_search_result",
  "tool_search_tool_result_error",
]);

/** By field, words that only classify, and are settings. */
const settingWords: { readonly [field: string]: ReadonlySet<string> } = {
  type: innerTypes,
  file_type: new Set(["text", "image", "pdf"]),
  media_type: new Set(["text/plain", "application/pdf"]),
  stop_reason: new Set([
    "compaction",
    "end_turn",
    "max_tokens",
    "model_context_window_exceeded",
    "pause_turn",
    "refusal",
    "stop_sequence",
    "tool_use",
  ]),
  ttl: new Set(["5m", "1h"]),
};
/** Fields whose numbers and flags are settings. */
const settingFields = new Set([
  "is_file_update",
  "return_code",
  "enabled",
  "num_lines",
  "start_line",
  "total_lines",
  "numLines",
  "startLine",
  "totalLines",
  "new_lines",
  "new_start",
  "old_lines",
  "old_start",
  "newLines",
  "newStart",
  "oldLines",
  "oldStart",
]);

/** Reports for all values of a server result that no part shows. */
function unshownIn(block: JsonObject, path: Path): readonly Left[] {
  const shown = new Set(serverTexts(block).map(({ keys }) => JSON.stringify(keys)));
  const hidden = valuesOf(block.content).filter(({ keys }) => !shown.has(JSON.stringify(keys)));
  return hidden.map(({ keys, value }) => ({
    path: pathOf(...path, ...keys),
    kind: kindOfHidden(String(keys.at(-1)), value),
    reason: "A value in a result of the provider's tool; messages show only its text.",
  }));
}

function kindOfHidden(field: string, value: Json): LeftKind {
  if (typeof value !== "string") return settingFields.has(field) ? "setting" : "content";
  if (field === "file_id") return "reference";
  return Object.hasOwn(settingWords, field) && settingWords[field]?.has(value)
    ? "setting"
    : "content";
}

/** The content with its texts written, and what had to be dropped from it. */
interface WrittenTexts {
  readonly content?: Json | undefined;
  /** Whether all of the content was dropped. */
  readonly isDropped?: boolean;
  /** The indexes of the items that were dropped from the content. */
  readonly items: readonly number[];
  /** The indexes of the texts that were dropped. */
  readonly texts: readonly number[];
}

/**
 * Replaces the old texts with `now`, one by one. Returns `undefined` if their numbers differ.
 *
 * A model reads the encrypted value instead of the text beside it. So a search result or an output
 * that holds both is dropped as a whole when its text changes.
 */
// Source: the SDK's types require `encrypted_content` and `encrypted_stdout` in requests, too.
function writeServerTexts(block: JsonObject, now: readonly string[]): WrittenTexts | undefined {
  const places = serverTexts(block);
  if (places.length !== now.length) return undefined;
  const { content } = block;
  if (content === undefined) return { items: [], texts: [] };
  const changed = [...places.entries()].filter(([i, { text }]) => text !== now[i]);
  if (!Array.isArray(content) && changed.length > 0 && isSealed(content)) {
    return { isDropped: true, items: [], texts: [...places.keys()] };
  }
  const { root, holderOf } = copyOnWrite({ content });
  for (const [i, { keys, text }] of changed) {
    holderOf(["content", ...keys])[String(keys.at(-1))] = now[i] ?? text;
  }
  const written = root.content;
  if (!Array.isArray(content) || !Array.isArray(written)) {
    return { content: written, items: [], texts: [] };
  }
  const items = new Set(changed.map(([, { keys }]) => Number(keys[0])));
  for (const at of items) if (!isSealed(content[at])) items.delete(at);
  const texts = [...places.keys()].filter((i) => items.has(Number(places[i]?.keys[0])));
  const rest = written.filter((_, at) => !items.has(at));
  return { content: rest, items: [...items], texts };
}

/** Whether a value contains, at any depth, something that only the provider can read. */
function isSealed(value: Json | undefined): boolean {
  if (Array.isArray(value)) return value.some(isSealed);
  if (!isJsonObject(value)) return false;
  return Object.entries(value).some(([name, item]) =>
    name.startsWith("encrypted_") ? item !== null && item !== "" : isSealed(item),
  );
}

/** Every leaf of `value` that is not null, with its path. */
function valuesOf(value: Json | undefined, keys: Path = []): readonly FoundValue[] {
  if (Array.isArray(value)) {
    return value.flatMap((item: Json, i) => valuesOf(item, [...keys, i]));
  }
  if (isJsonObject(value)) {
    return Object.entries(value).flatMap(([key, item]) => valuesOf(item, [...keys, key]));
  }
  return value === null || value === undefined ? [] : [{ keys, value }];
}

/** Whether `keys` lead to base64: a `data` field, unless its source has the type `text`. */
function isBinary(content: Json | undefined, keys: Path): boolean {
  if (keys.at(-1) !== "data") return false;
  const fetched = isJsonObject(content) ? content.content : undefined;
  const source = isJsonObject(fetched) ? fetched.source : undefined;
  return !isJsonObject(source) || source.type !== "text";
}
