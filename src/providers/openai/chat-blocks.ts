/** What messages of Chat Completions say in their fields, and the parts that it is. */
import { createMessage } from "../../core/messages/index.ts";
import {
  type BlockKind,
  type BlockTable,
  type FieldRule,
  isJsonObject,
  type JsonObject,
  mediaFromUrl,
  objectIn,
  objectsIn,
  partsAsJson,
  partsIn,
  pathOf,
  stringIn,
  textArguments,
  unwritable,
  urlMedia,
  urlOfMedia,
} from "../rewrite/index.ts";

/** OpenAI stores sounds by their ids, and may use what it stored. */
const keptById = "OpenAI may use the copy that it stored by its id.";

const reasoning = { part: "thinking", fields: { text: "" } } as const;

const text = (type: string): BlockKind => ({
  part: "text",
  in: "content",
  is: { type },
  fields: { text: "text" },
  settings: ["prompt_cache_breakpoint", "logprobs", "parsed"],
  bound: { annotations: [], logprobs: undefined, parsed: undefined },
});

/** Only bytes: a link has no place. */
const base64 = (at: string): FieldRule => ({
  at,
  read: () => "base64",
  write: (type, old) => (type === "base64" ? old?.value : unwritable),
});

/** The formats whose name is not the end of their media type. */
const formats: { readonly [format: string]: string } = { mp3: "audio/mpeg", wav: "audio/wav" };

const format: FieldRule = {
  at: "input_audio.format",
  read: (value) => formats[String(value)] ?? `audio/${value}`,
  write(type) {
    const known = Object.entries(formats).find(([, mediaType]) => mediaType === type)?.[0];
    return known ?? /^audio\/(.*)$/s.exec(String(type))?.[1] ?? unwritable;
  },
};

/** The bytes of a file, as a URL or as they are. */
const file = (field: "type" | "media_type" | "data"): FieldRule => ({
  at: "file.file_data",
  read(value) {
    const data = String(value);
    return (data.startsWith("data:") ? mediaFromUrl(data) : { type: "base64" as const, data })[
      field
    ];
  },
  write(_value, _old, _path, { content: { type, media_type, data } }) {
    if (type === "url") return String(data).startsWith("data:") ? data : unwritable;
    if (media_type === undefined) return data;
    return urlOfMedia({ type: "base64", media_type: String(media_type), data: String(data) });
  },
});

/** What a spoken answer says of its sound or in words, under one id. */
const spoken = (at: string): FieldRule => ({
  at,
  read: (value) => value,
  write(value, old, path, { lost }) {
    const isStored = (old?.block.id ?? undefined) !== undefined;
    if (isStored) lost.add({ path: pathOf(...path.slice(0, 3)), reason: keptById });
    return value;
  },
});

const callId: FieldRule = {
  at: "id",
  read(value, path, { left }) {
    if (value === "") left.add({ path: pathOf(...path), kind: "setting", reason: "An empty id." });
    return value;
  },
  write: (value) => value,
};

/** A custom tool takes one text: the argument `input`. */
const input: FieldRule = {
  at: "custom.input",
  read: (value) => ({ input: value ?? "" }),
  write(value) {
    const { input, ...others } = objectIn(value);
    const isText = typeof input === "string" && Object.keys(others).length === 0;
    return isText ? input : JSON.stringify(value);
  },
};

/** The types of parts that a list of blocks can show. */
const inResult = ["text", "image", "audio", "document"];

/** The output of a tool: a string, or a list of blocks, which are parts. */
const output: FieldRule = {
  at: "content",
  read(value, path, { readInner }) {
    if (!Array.isArray(value)) return value ?? undefined;
    const parts = readInner(asBlocks(value), path, "result");
    return partsAsJson(createMessage({ role: "tool", content: parts }).content);
  },
  write(value, old, path, { writeInner, removed }) {
    const before = Array.isArray(old?.value) ? old : undefined;
    const parts = typeof value === "string" ? undefined : partsIn(value ?? "", inResult);
    if (parts === undefined || value === undefined) {
      for (const i of asBlocks(before?.value).keys()) removed(pathOf(...(before?.path ?? []), i));
      return typeof value === "string" ? value : value === undefined ? "" : JSON.stringify(value);
    }
    const inner = before && { blocks: asBlocks(before.value), path: before.path };
    const blocks = writeInner(parts, inner, (i) => [...path, i], "result");
    return blocks.map((block) => blockIn(objectIn(block)));
  },
};

function asBlocks(items: unknown): readonly JsonObject[] {
  return Array.isArray(items) ? items.map((item) => ({ field: "content", item })) : [];
}

/** An item of a list of blocks; a text alone may also stand for the whole list. */
export function blockIn({ field, item = null }: JsonObject): JsonObject {
  return field === "content" ? objectIn(item) : { type: "text", text: item };
}

const result = { part: "tool_result", fields: { content: output } } as const;

/** The types of thoughts in lists of their own, and the field that holds the text of each. */
const thoughts: { readonly [list: string]: { readonly [type: string]: string } } = {
  // Source: https://openrouter.ai/docs/use-cases/reasoning-tokens#reasoning_details-array-structure
  reasoning_details: {
    "reasoning.text": "text",
    "reasoning.summary": "summary",
    thinking: "thinking",
  },
  // Source: https://docs.litellm.ai/docs/reasoning_content
  thinking_blocks: { thinking: "thinking" },
};
const settings = ["format", "id", "index", "signature"];
const sealed = { fields: {}, settings: [...settings, "data"], standsFor: "thinking" } as const;

/** The field of a thought in a list that holds its text, if its type has one. */
export function textKey({ type }: JsonObject): string | undefined {
  const found = Object.values(thoughts).find((types) => Object.hasOwn(types, String(type)));
  return found?.[String(type)];
}

/** A thought in a list: with its text, signed or not, and without it. */
function thought(list: string, type: string, key: string): { readonly [name: string]: BlockKind } {
  const isShown = (block: JsonObject) => typeof block[key] === "string";
  const isSigned = (block: JsonObject) => (block.signature ?? "") !== "";
  const common = { in: list, is: { type }, settings };
  const shown: BlockKind = {
    ...common,
    part: "thinking",
    fields: { text: key },
    bound: { signature: undefined },
  };
  const isHidden = (block: JsonObject) => (block[key] ?? undefined) === undefined;
  return {
    [`${list} ${type} signed`]: {
      ...shown,
      when: (block) => isShown(block) && isSigned(block),
      readOnlyIn: ["assistant"],
      reason: "Reasoning that differs from what was signed.",
    },
    [`${list} ${type}`]: { ...shown, when: isShown },
    [`${list} ${type} signature`]: {
      ...common,
      ...sealed,
      when: (block) => isHidden(block) && (block.signature ?? undefined) !== undefined,
    },
    [`${list} ${type} empty`]: { ...common, fields: {}, when: isHidden },
  };
}

function isPlainText(block: JsonObject): boolean {
  return block.type === "text" && typeof block.text === "string" && Object.keys(block).length === 2;
}

/** A list of texts, which are one. */
const texts: FieldRule = {
  at: "thinking",
  read(value, path, { left }) {
    const shown = objectsIn(value).map((block, i) => {
      if (isPlainText(block)) return stringIn(block, "text");
      const reason = "Messages have no part for this block.";
      left.add({ path: pathOf(...path, i), kind: "content", reason });
      return "";
    });
    return shown.join("");
  },
  write(text, old) {
    const others = objectsIn(old?.value).filter((block) => !isPlainText(block));
    return [{ type: "text", text: text ?? "" }, ...others];
  },
};

export const blocks: BlockTable = {
  unshown,
  kinds: {
    reasoning_content: { ...reasoning, in: "reasoning_content" },
    reasoning: { ...reasoning, in: "reasoning" },
    ...Object.fromEntries(
      Object.entries(thoughts).flatMap(([list, types]) =>
        Object.entries(types).flatMap(([type, key]) => Object.entries(thought(list, type, key))),
      ),
    ),
    encrypted: { ...sealed, in: "reasoning_details", is: { type: "reasoning.encrypted" } },
    redacted: { ...sealed, in: "thinking_blocks", is: { type: "redacted_thinking" } },
    // Source: ThinkChunk of Mistral's OpenAPI document, https://docs.mistral.ai/api
    thinking: {
      part: "thinking",
      in: "content",
      is: { type: "thinking" },
      when: ({ thinking }) => Array.isArray(thinking) && thinking.every(isJsonObject),
      fields: { text: texts },
      settings: ["closed"],
    },
    // A content that is a string.
    plain: { part: "text", in: "text", fields: { text: "" } },
    text: text("text"),
    input_text: text("input_text"),
    output_text: text("output_text"),
    refusalBlock: {
      ...text("refusal"),
      fields: { text: "refusal" },
      note: "A refusal, shown as text.",
    },
    image: {
      part: "image",
      in: "content",
      is: { type: "image_url" },
      fields: urlMedia("image_url.url"),
      settings: ["image_url.detail", "prompt_cache_breakpoint"],
    },
    inputAudio: {
      part: "audio",
      in: "content",
      is: { type: "input_audio" },
      fields: {
        type: base64("input_audio.data"),
        data: "input_audio.data",
        media_type: format,
      },
      settings: ["prompt_cache_breakpoint"],
      reason: "A sound needs its bytes, and a media type of audio.",
    },
    file: {
      part: "document",
      in: "content",
      is: { type: "file" },
      when: (block) => typeof objectIn(block.file).file_data === "string",
      fields: {
        type: file("type"),
        media_type: file("media_type"),
        data: file("data"),
        title: "file.filename",
      },
      settings: ["file.detail", "prompt_cache_breakpoint"],
      // Another place of the old bytes.
      bound: { "file.file_id": undefined, "file.file_url": undefined },
      reason: "A file needs its bytes.",
    },
    refusal: {
      part: "text",
      in: "refusal",
      fields: { text: "" },
      note: "A refusal, shown as text.",
    },
    audio: {
      part: "audio",
      in: "audio",
      when: (audio) => typeof audio.data === "string",
      fields: { type: base64("data"), data: spoken("data") },
      settings: ["id", "expires_at"],
      reason: "A spoken answer needs its audio.",
    },
    transcript: {
      part: "text",
      in: "transcript",
      fields: { text: { ...spoken("text"), shows: ["id"] } },
    },
    functionCall: {
      part: "tool_call",
      in: "function_call",
      fields: {
        // Calls had no ids once.
        tool_call_id: { read: () => "" },
        name: "name",
        arguments: textArguments("arguments"),
      },
      fits: ({ tool_call_id }) => tool_call_id === "",
      settings: ["parsed_arguments"],
      bound: { parsed_arguments: undefined },
    },
    toolCall: {
      part: "tool_call",
      in: "tool_calls",
      is: { type: "function" },
      fields: {
        tool_call_id: callId,
        name: "function.name",
        arguments: textArguments("function.arguments"),
      },
      settings: ["function.parsed_arguments"],
      bound: { "function.parsed_arguments": undefined },
    },
    customCall: {
      part: "tool_call",
      in: "tool_calls",
      is: { type: "custom" },
      fields: { tool_call_id: callId, name: "custom.name", arguments: input },
      settings: ["custom.parsed_arguments"],
      bound: { "custom.parsed_arguments": undefined },
      note: "Text, shown as the argument input.",
    },
    function: {
      ...result,
      in: "function",
      fields: {
        tool_call_id: { read: () => "", shows: ["role"] },
        tool_name: "name",
        ...result.fields,
      },
      fits: ({ tool_call_id }) => tool_call_id === "",
    },
    tool: {
      ...result,
      in: "tool",
      fields: {
        tool_call_id: { ...callId, at: "tool_call_id", shows: ["role"] },
        ...result.fields,
      },
    },
  },
  places: {
    system: { name: "system message", writes: ["plain"] },
    user: { name: "user message", writes: ["plain", "image", "inputAudio", "file"] },
    assistant: {
      name: "message of the assistant",
      writes: ["plain", "functionCall", "toolCall"],
    },
    tool: { name: "message of a tool", writes: ["function", "tool"] },
    result: { name: "tool result", writes: ["text"] },
    answer: { name: "choice", writes: ["plain", "functionCall", "toolCall"] },
  },
};

/** A block that names a stored file or sound and says nothing else that a model reads. */
function unshown({ field, item = null }: JsonObject): "reference" | undefined {
  const says = (json: JsonObject, known: readonly string[]) =>
    Object.entries(json).every(([key, value]) => value === null || known.includes(key));
  if (!isJsonObject(item)) return undefined;
  if (field === "audio") return says(item, ["id", "expires_at"]) ? "reference" : undefined;
  const stored = isJsonObject(item.file) ? item.file : item;
  const beside = ["type", "file", "file_id", "detail", "prompt_cache_breakpoint"];
  const isStored = typeof stored.file_id === "string";
  return isStored && [item, stored].every((json) => says(json, beside)) ? "reference" : undefined;
}
