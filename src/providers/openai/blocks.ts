/** The kinds of list blocks and the field rules that Chat Completions and Responses share. */
import type { Json } from "../../core/data/index.ts";
import type { ContentPart, Message } from "../../core/messages/index.ts";
import {
  type BlockKind,
  type FieldRule,
  formatField,
  isDataUrl,
  isJsonObject,
  isTextFile,
  type JsonObject,
  mediaFromUrl,
  objectIn,
  type PartFields,
  partsAsJson,
  partsIn,
  pathOf,
  stringIn,
  textFileKind,
  textFileOfUrl,
  unwritable,
  urlMedia,
  urlOfMedia,
  urlOfTextFile,
} from "../rewrite/index.ts";
import { settingsAt } from "./dialects.ts";
import { given, stringAt } from "./json.ts";

/** Returns `role` if it is a role of messages. */
export function roleNamed(role: unknown): Message["role"] | undefined {
  return Object.values(roles).find((known) => known === role);
}

/** Roles have the same names in documents and in messages. */
export const roles = {
  system: "system",
  developer: "developer",
  user: "user",
  assistant: "assistant",
  tool: "tool",
} as const;

/** Content that is a plain string. */
export const plain: BlockKind = { part: "text", turnField: "text", fields: { text: "" } };

/** OpenAI stores sounds, images and reasoning under their ids, and may use the stored copy. */
export const keptById = {
  reason: "OpenAI may use the copy that it stored by its id.",
  kind: "stored",
} as const;

/** Marks where a prompt is cached. */
const cached = ["prompt_cache_breakpoint", ...settingsAt("block")];
/** Settings of any block. */
export const blockSettings: readonly string[] = [...cached, "logprobs", "parsed"];

/** A text of this type. What describes or quotes the old text is dropped with it. */
export function textKind(part: "text" | "thinking", type: string): BlockKind {
  return {
    part,
    turnField: "content",
    matches: { type },
    fields: { text: "text" },
    settings: blockSettings,
    resetOnEdit: { annotations: [], logprobs: undefined, parsed: undefined },
  };
}

/** The names of a call, which its result may repeat. Others would be news to plugins. */
export function repeatedNames(id: string, names: readonly string[]): FieldRule {
  return {
    shows: names,
    read(_value, path, { left, calls }, item) {
      const call = calls.get(stringAt(item, id) ?? "");
      for (const key of names) {
        const value = given(item, key);
        if (value === undefined || value === call?.[key]) continue;
        const reason = `No earlier call with this id has this ${key}.`;
        left.add({ path: pathOf(...path, key), kind: "content", reason });
      }
      return undefined;
    },
  };
}

/** Accepts only bytes, because there is no field for a link. */
export const base64 = (at: string): FieldRule => ({
  at,
  read: () => "base64",
  write: (type, old) => (type === "base64" ? old?.value : unwritable),
});

/** Formats whose name is not the end of their media type. */
const audioFormats = new Map([["mp3", "audio/mpeg"]]);
const format = /* @__PURE__ */ formatField("input_audio.format", "audio", audioFormats);

/** Reads the bytes of a file, which are a `data:` URL or plain base64. */
export function mediaOfFile(data: string) {
  return isDataUrl(data) ? mediaFromUrl(data) : { type: "base64" as const, data };
}

/** Writes bytes in the same form; `undefined` for a link. */
export function fileOfMedia({ type, media_type, data }: PartFields): string | undefined {
  const text = String(data);
  if (type === "url") return isDataUrl(text) ? text : undefined;
  if (media_type === undefined) return text;
  return urlOfMedia({ type: "base64", media_type: String(media_type), data: text });
}

const file = (field: "type" | "media_type" | "data"): FieldRule => ({
  at: "file.file_data",
  read: (value) => mediaOfFile(String(value))[field],
  write: (_value, _old, _path, { content }) => fileOfMedia(content) ?? unwritable,
});

const fileKind = {
  turnField: "content",
  matches: { type: "file" },
  settings: ["file.detail", ...cached],
  // Other fields that refer to the old bytes.
  resetOnEdit: { "file.file_id": undefined, "file.file_url": undefined },
} as const;

/** The file of text in an item of either format. */
export function textFileIn(item: JsonObject) {
  const inner = stringIn(objectIn(item.file), "file_data");
  return textFileOfUrl(inner || stringIn(item, "file_data") || stringIn(item, "file_url"));
}

const ofText = textFileKind({
  at: "file.file_data",
  fileIn: textFileIn,
  write: (_value, _old, _path, { content }) => urlOfTextFile(content),
});

/** The kinds of blocks that either format can have in a list, or in place of one. */
export const listKinds: { readonly [name: string]: BlockKind } = {
  plain,
  text: textKind("text", "text"),
  input_text: textKind("text", "input_text"),
  output_text: textKind("text", "output_text"),
  refusalBlock: {
    ...textKind("text", "refusal"),
    fields: { text: "refusal" },
    note: "A refusal, shown as text.",
  },
  image: {
    part: "image",
    turnField: "content",
    matches: { type: "image_url" },
    fields: urlMedia("image_url.url"),
    settings: ["image_url.detail", ...cached],
  },
  inputAudio: {
    part: "audio",
    turnField: "content",
    matches: { type: "input_audio" },
    fields: { type: base64("input_audio.data"), data: "input_audio.data", media_type: format },
    settings: cached,
    needs: ["media_type"],
    reason: "Audio needs its bytes and an audio media type.",
  },
  textFile: { ...fileKind, ...ofText, fields: { ...ofText.fields, name: "file.filename" } },
  file: {
    ...fileKind,
    part: "document",
    condition: (block) => typeof objectIn(block.file).file_data === "string",
    fields: {
      type: file("type"),
      media_type: file("media_type"),
      data: file("data"),
      title: "file.filename",
    },
    reason: "A file needs its bytes.",
  },
};

/** The input of a custom tool is one text, which is shown as the argument `input`. */
export function customInput(at: string): FieldRule {
  return {
    at,
    read: (value) => ({ input: value ?? "" }),
    write(value, old) {
      const { input, ...others } = objectIn(value);
      if (typeof input === "string" && Object.keys(others).length === 0) return input;
      return old === undefined ? unwritable : JSON.stringify(value);
    },
  };
}

/** The types of parts that a list of blocks can show. */
const inResult = ["text", "image", "audio", "document"];

/**
 * The output of a tool: a string, or a list of blocks, which are shown as parts.
 *
 * @param takesText whether lists in this format can have files of text, shown as resources
 */
export function toolOutput(at: string, takesText = false): FieldRule {
  return {
    at,
    read(value, path, { readInner }) {
      if (!Array.isArray(value)) return value ?? undefined;
      return partsAsJson(readInner(asBlocks(value), path, "result"));
    },
    write(value, old, path, { writeInner, removed }) {
      const before = Array.isArray(old?.value) ? old : undefined;
      const hadFile = asBlocks(before?.value).some(({ item }) => textFileIn(objectIn(item)));
      const types = hadFile || takesText ? [...inResult, "resource"] : inResult;
      const parts = typeof value === "string" ? undefined : partsInResult(value ?? "", types);
      if (parts === undefined || value === undefined) {
        for (const i of asBlocks(before?.value).keys()) removed(pathOf(...(before?.path ?? []), i));
        return typeof value === "string" ? value : value === undefined ? "" : JSON.stringify(value);
      }
      const inner = before && { blocks: asBlocks(before.value), path: before.path };
      const blocks = writeInner(parts, inner, (i) => [...path, i], "result");
      return blocks.map((block) => blockIn(objectIn(block)));
    },
  };
}

/** The parts of a list; `undefined` for data, such as a resource that is not a file of text. */
function partsInResult(value: Json, types: readonly string[]) {
  const parts = partsIn(value, types);
  const isBlock = (part: ContentPart) =>
    part.content_type !== "resource" || isTextFile(part.content as PartFields);
  return parts?.every(isBlock) ? parts : undefined;
}

function asBlocks(items: unknown): readonly JsonObject[] {
  return Array.isArray(items) ? items.map((item) => ({ field: "content", item })) : [];
}

/** Returns a block as an item of a list. A plain string becomes a text block. */
export function blockIn({ field, item = null }: JsonObject): JsonObject {
  return field === "content" ? objectIn(item) : { type: "text", text: item };
}

/** Whether all fields except the `known` ones are null. */
export function hasOnlyFields(json: JsonObject, known: readonly string[]): boolean {
  return Object.entries(json).every(([key, value]) => value === null || known.includes(key));
}

/** Whether a block only references a stored file and has no other content that a model reads. */
export function isStored(block: JsonObject): boolean {
  const stored = isJsonObject(block.file) ? block.file : block;
  const known = ["type", "file", "file_id", "detail", ...cached];
  return (
    typeof stored.file_id === "string" &&
    [block, stored].every((json) => hasOnlyFields(json, known))
  );
}
